import { markup, type Markup } from '../markup.ts';
import { formatKb } from '../recorder/format-kb.ts';
import type { Explanation, ProcessRow } from './explanation.ts';
import { factLines, othersWords, sizeRows, SWAP, swapWords } from './render-parts.ts';

/**
 * An explanation for a page, but for its summary and time, which are its heading's. It takes HTML and a
 * style sheet, nothing else: a cell of class `p37` is to be drawn 37 % full, `dead` is who was killed.
 *
 * @param moreFacts said of it besides, a line each
 */
export function renderHtml(
  explanation: Explanation,
  moreFacts: readonly (readonly [string, string])[] = [],
): Markup {
  const { advice, unsaid } = explanation;
  const facts = [...factLines(explanation), ...moreFacts];
  const todo = advice.map(
    ({ text, rule }) => markup`<li>${sentence(text)} <small>[${rule}]</small></li>\n`,
  );
  const silence = unsaid.map((text) => markup`<li>${sentence(text)}</li>\n`);
  return markup`<dl>
${facts.map(([label, value]) => markup`<dt>${label}</dt><dd>${value}</dd>\n`)}</dl>
${processes(explanation)}${memory(explanation)}${
    todo.length > 0 ? markup`<h3>What to do</h3>\n<ol>\n${todo}</ol>\n` : undefined
  }${
    silence.length > 0 ? markup`<h3>What is not said here</h3>\n<ul>\n${silence}</ul>\n` : undefined
  }`;
}

function processes({ processes: { rows, others } }: Explanation): Markup {
  const { title, sized } = sizeRows(rows);
  const lines = sized.map((row) => {
    const { pid, oomScoreAdj, killed, size, share } = row;
    const mark = killed === undefined ? undefined : markup` class="dead"`;
    return markup`<tr${mark}><td>${pid}</td><td>${oomScoreAdj}</td><td>${size}</td>${barCell(share)}<td>${nameOf(row)}</td></tr>
`;
  });
  const left = othersWords(others);
  return markup`<table class="processes">
<caption>Processes</caption>
<thead><tr><th scope="col">pid</th><th scope="col"><abbr title="oom_score_adj">adj</abbr></th><th scope="colgroup" colspan="2">${title}</th><th scope="col">name</th></tr></thead>
<tbody>
${lines}</tbody>
</table>
${left === undefined ? undefined : markup`<p class="note">${left}</p>\n`}`;
}

function nameOf({ comm, killed }: ProcessRow): Markup {
  const mark = killed === undefined ? undefined : markup` <b>✗ killed</b>`;
  return markup`${comm || '""'}${mark}`;
}

function memory({ memory: held, swap }: Explanation): Markup | undefined {
  const rows = (held?.shares ?? []).map(
    ({ what, kb, percent }) =>
      markup`<tr><th scope="row">${what}</th><td>${formatKb(kb)}</td><td>${percent} %</td>${barCell(kb / (held?.wholeKb ?? 1))}</tr>
`,
  );
  const [size, limit] = swapWords(swap) ?? [];
  if (size !== undefined) {
    rows.push(
      markup`<tr><th scope="row">${SWAP}</th><td>${size}</td><td colspan="2">${limit}</td></tr>\n`,
    );
  }
  if (rows.length === 0) return undefined;
  return markup`<table class="memory">
<caption>${held === undefined ? 'Memory' : `Where ${formatKb(held.wholeKb)} went`}</caption>
<tbody>
${rows}</tbody>
</table>
`;
}

/**
 * A class, for a strict Content-Security-Policy lets no style attribute in; and no element of its own, for a page has
 * hundreds of them. Something is never nothing.
 */
function barCell(share: number): Markup {
  const percent = share > 0 ? Math.min(100, Math.max(1, Math.round(share * 100))) : 0;
  return markup`<td class="p${percent}"></td>`;
}

/** What somebody chose stands between backquotes. */
function sentence(text: string): Markup {
  const parts = text
    .split('`')
    .map((part, at) => (at % 2 === 0 ? part : markup`<code>${part}</code>`));
  return markup`${parts}`;
}
