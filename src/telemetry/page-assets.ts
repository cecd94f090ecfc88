import { createHash } from 'node:crypto';

/** Of cells that are so many percent full: a border, which is printed, and drawn where colours are forced. */
const BARS = Array.from({ length: 101 }, (_, at) => `.p${at}::before{width:${at}%}`);

/** Light and dark, at 420 pixels and at 1600; a word breaks only where it is longer than its line. */
export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif;
  --ink: #1d2126; --quiet: #59616b; --paper: #fff; --raised: #f4f6f8; --line: #d3d9e0;
  --link: #0b57b8; --bad: #b3261e; --good: #1a6b35; --bar: #5b87bd; --dead: #c8443a }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e4e7eb; --quiet: #a5adb7; --paper: #14171a; --raised: #1e2226; --line: #3a4149;
  --link: #85b7ff; --bad: #ff8f85; --good: #7fd197; --bar: #527db3; --dead: #d2564b } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; background: var(--paper); color: var(--ink);
  overflow-wrap: break-word }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: end; justify-content: space-between }
h1 { font-size: 1.35rem; margin: 0 } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
h3, caption { font-size: 1rem; font-weight: 600; margin: 1rem 0 .25rem; text-align: left }
h1, dd, td, code, summary > * { min-width: 0; overflow-wrap: anywhere }
a { color: var(--link) } .note, footer, time + span, small { color: var(--quiet) }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
label { display: grid; color: var(--quiet); font-size: .87rem }
input, button { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--quiet);
  border-radius: 4px; padding: .2rem .5rem; min-height: 2rem }
input { width: 11rem }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .75rem 0 }
dt { color: var(--quiet) } dd { margin: 0 }
.good { color: var(--good) } .bad { color: var(--bad) } .good, .bad { font-weight: 600 }
#stale { flex-basis: 100%; margin: 0 }
details { border-top: 1px solid var(--line) } details:last-of-type { border-bottom: 1px solid var(--line) }
summary { display: grid; gap: 0 1.25rem; padding: .5rem .25rem; cursor: pointer;
  grid-template-columns: 17rem minmax(8rem, 18rem) minmax(5rem, 10rem) minmax(0, 1fr) }
summary > * { overflow-wrap: break-word } summary b { font-weight: 600 }
summary > :first-child { white-space: nowrap; font-variant-numeric: tabular-nums }
summary > :first-child::before { content: '▸'; display: inline-block; width: 1.2em }
details[open] > summary > :first-child::before { content: '▾' }
summary:hover, details[open] > summary { background: var(--raised) }
:target { outline: 2px solid var(--link); outline-offset: 4px }
details > div { padding: .25rem .25rem 1rem 1.25rem; max-width: 64rem }
table { border-collapse: collapse; width: 100%; max-width: 52rem; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .1rem .75rem .1rem 0; text-align: right; font-weight: 400; white-space: nowrap }
thead th { color: var(--quiet) } thead th[colspan] { text-align: left }
.memory th, th:last-child, td:last-child { text-align: left } td:last-child { white-space: normal }
td[class] { width: 50%; min-width: 3rem }
td[class]::before { content: ''; display: block; border-top: .8rem solid var(--bar) }
.dead td::before { border-color: var(--dead) } .dead b { color: var(--bad); white-space: nowrap }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 4px; margin: .25rem 0; padding: .4rem .6rem;
  white-space: pre-wrap; user-select: all }
footer { margin-top: 1.5rem }
@media (max-width: 60rem) { summary { grid-template-columns: minmax(0, 1fr) auto }
  summary > :nth-child(2) { grid-row: 2 } summary > :nth-child(3) { text-align: right }
  summary > :nth-child(4) { grid-column: 1 / -1 } }
@media (max-width: 30rem) { body { padding: .75rem } details > div { padding-left: .25rem }
  th, td { padding-right: .5rem } .processes { font-size: .87rem } td[class] { width: 30% } }
${BARS.join('\n')}
`;

/**
 * Fetches the page again while somebody looks at it and has nothing selected; what is open stays open, and
 * the focus where it is. Where that fails, or another node answers, the page says that it is old. Without it the page is as it is, and is reloaded by hand.
 */
export const SCRIPT = `
const everyMs = 10000;
const stale = document.getElementById('stale');
const bodyOf = (details) => details.querySelector(':scope > div').id;
const detailsOf = (id) => document.getElementById(id)?.parentElement;
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(everyMs) });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const main = page.querySelector('main');
    if (main === null || page.title !== document.title) throw new Error('not this page');
    stale.hidden = true;
    if (!getSelection().isCollapsed) return;
    for (const details of page.querySelectorAll('details')) {
      details.open = detailsOf(bodyOf(details))?.open ?? details.open;
    }
    const focused = document.activeElement?.closest('summary')?.parentElement;
    const id = focused && bodyOf(focused);
    document.querySelector('main').replaceWith(main);
    if (id) detailsOf(id)?.querySelector('summary').focus({ preventScroll: true });
  } catch {
    stale.hidden = false;
  }
}
setInterval(refresh, everyMs);
document.addEventListener('visibilitychange', refresh);
`;

/** Nothing but this style sheet, this script, and what it fetches from where the page is. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
