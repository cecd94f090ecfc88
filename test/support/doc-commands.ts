import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** What was decided quotes commands of its time. */
const DOCUMENTS = globSync(['*.md', 'docs/*.md', '{hack,test,manifests}/**/*.md'], {
  cwd: ROOT,
  exclude: ['docs/decisions.md'],
});

const BLOCK = /^```(?<kind>sh|console)\n(?<text>[^]*?)^```/gm;
/** Whatever a shell's block is called, wherever it begins. */
const SHELL_FENCE = /^[ \t]*```(?<kind>sh|bash|zsh|shell|console|terminal)\b/gm;
/** A line, with what it goes on with: behind a backslash, or up to the end of a here-document. */
const COMMAND = /^.*<<'(?<end>\w+)'\n[^]*?^\k<end>$|^(?:.*\\\n)*.+$/gm;
/** What was typed: at the top of a session or below an empty line. The rest is what programs said. */
const TYPED = /(?:^|\n\n)[$#] (?<command>.+)/g;
const COMMENT = / {2,}# .*$/m;
const NOT_RUN = /not run by a test/;

/** Something that the documentation tells people to type. */
export interface DocCommand {
  readonly file: string;
  /** As it is typed. */
  readonly command: string;
  /** What came of it, where that is shown. */
  readonly output: string;
  /** The documentation says that no test runs it. */
  readonly saysNotRun: boolean;
}

function commandsIn(file: string): readonly DocCommand[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length !== [...text.matchAll(SHELL_FENCE)].length)
    throw new Error(`${file}: what is typed stands in blocks of sh or console, at the margin`);
  return blocks.flatMap(({ groups }) => {
    const { kind, text: typed = '' } = groups ?? {};
    return (kind === 'sh' ? linesOf(typed) : sessionOf(typed)).map((each) => ({ file, ...each }));
  });
}

type Typed = Omit<DocCommand, 'file'>;

/** Below a comment that says so, nothing of a block is run by a test. */
function linesOf(text: string): readonly Typed[] {
  const found: Typed[] = [];
  let saysNotRun = false;
  for (const [line] of text.matchAll(COMMAND)) {
    saysNotRun ||= line.startsWith('#') && NOT_RUN.test(line);
    const command = line.replace(COMMENT, '');
    if (!line.startsWith('#'))
      found.push({ command, output: '', saysNotRun: saysNotRun || NOT_RUN.test(line) });
  }
  return found;
}

function sessionOf(text: string): readonly Typed[] {
  const typed = [...text.matchAll(TYPED)];
  return typed.map((match, n) => ({
    command: (match.groups?.['command'] ?? '').replace(COMMENT, ''),
    output: text.slice(match.index + match[0].length, typed[n + 1]?.index).trim(),
    saysNotRun: false,
  }));
}

export const DOC_COMMANDS: readonly DocCommand[] = DOCUMENTS.flatMap(commandsIn);

/**
 * The command of a document that is this, or else the one that begins so: for the test that runs it. `test/docs/commands.test.ts` finds
 * such calls by their text.
 */
export function docCommand(file: string, beginning: string): DocCommand {
  const inFile = DOC_COMMANDS.filter((each) => each.file === file);
  const exactly = inFile.filter(({ command }) => command === beginning);
  const found =
    exactly.length > 0 ? exactly : inFile.filter(({ command }) => command.startsWith(beginning));
  const one = found.at(-1);
  if (one === undefined || new Set(found.map(({ command }) => command)).size > 1)
    throw new Error(`${file}: ${found.length} commands begin with ${beginning}`);
  return one;
}
