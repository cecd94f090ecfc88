import { markup, type Markup } from '../markup.ts';
import { formatKb } from '../recorder/format-kb.ts';
import type { Explanation, ProcessRow } from './explanation.ts';
import { factLines, othersWords, processSizes, SWAP, swapWords } from './render-parts.ts';

/** Something is never nothing. */
const MIN_PERCENT = 0.5;

/**
 * An explanation for a page, but for its summary and time, which are its heading's. It takes HTML and a
 * style sheet, nothing else: `bar` is how large something is, `dead` who was killed.
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
  const { title, sizes } = processSizes(rows);
  const lines = rows.map((row, at) => {
    const { pid, oomScoreAdj, killed } = row;
    const { words, share } = sizes[at] ?? {};
    const mark = killed === undefined ? undefined : markup` class="dead"`;
    return markup`<tr${mark}><td>${pid}</td><td>${oomScoreAdj}</td><td>${words}</td>${barCell(share)}<td>${nameOf(row)}</td></tr>
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

/** Drawn without a style attribute, which a strict Content-Security-Policy does not let in. */
function barCell(share = 0): Markup {
  const percent = share > 0 ? Math.min(100, Math.max(MIN_PERCENT, share * 100)) : 0;
  return markup`<td class="bar"><svg aria-hidden="true"><rect width="${percent.toFixed(1)}%" height="100%"/></svg></td>`;
}

/** What somebody chose stands between backquotes. */
function sentence(text: string): Markup {
  const parts = text
    .split('`')
    .map((part, at) => (at % 2 === 0 ? part : markup`<code>${part}</code>`));
  return markup`${parts}`;
}
