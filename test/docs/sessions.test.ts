import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type DocCommand, docCommand } from '../support/doc-commands.ts';
import { recordsOf } from '../support/recordings.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { FORM_WRITERS, type FormWriter } from '../support/write-forms.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A program that starts, on a machine that is busy. */
const LIMIT_MS = 240_000;
const RECORDING = 'linux-6.18-cgroup1-single';
/** Our names for the pods of recordings. */
const PODS = 'test/testdata/pods.json';

/** A directory with the files that the sessions name. */
function filesOfSessions(): string {
  const directory = tempDirectory();
  const written = (form: string): Buffer => {
    const write: FormWriter | undefined = FORM_WRITERS[form];
    return Buffer.from(
      recordsOf(RECORDING)
        .map((record) => write?.(record))
        .join(''),
      'latin1',
    );
  };
  copyFileSync(join(ROOT, PODS), join(directory, 'pods.json'));
  copyFileSync(join(ROOT, `test/testdata/kmsg/${RECORDING}.kmsg`), join(directory, 'kmsg.log'));
  writeFileSync(join(directory, 'dmesg.txt'), written('dmesg'));
  writeFileSync(join(directory, 'dmesg-T.txt.gz'), gzipSync(written('dmesg -T')));
  return directory;
}

/** Stdout and stderr as a terminal mixes them; `npm start --silent --` is node on `main.ts`. */
async function sessionOf(command: string, cwd: string): Promise<string> {
  const own = command.replace('npm start --silent --', '"$NODE" "$MAIN"');
  const env = { ...process.env, NODE: process.execPath, MAIN: join(ROOT, 'src/main.ts') };
  return (await promisify(execFile)('sh', ['-c', `${own} 2>&1`], { cwd, env })).stdout;
}

/** Lines as they are shown: how old a kill is grows every day, and what is long is cut. */
function linesOf(text: string): readonly string[] {
  return text
    .replaceAll(/^(?<namespace>shop +)\d+[smhd]\S* +/gm, '$<namespace>AGE ')
    .trim()
    .split('\n');
}

function asShown(line: string): unknown {
  const parts = line.split('…').map((part) => part.replaceAll(/[^\w\s]/g, String.raw`\$&`));
  return parts.length === 1 ? line : expect.stringMatching(new RegExp(`^${parts.join('.*')}$`));
}

test.each<[string, DocCommand]>([
  ['replay', docCommand('docs/replay.md', 'npm start --silent -- replay')],
  ['explain', docCommand('docs/explain.md', 'npm start --silent -- explain')],
])(
  'the session of %s is what it says today',
  { timeout: LIMIT_MS },
  async (_, { command, output }) => {
    const said = linesOf(await sessionOf(command, filesOfSessions()));
    expect(said).toEqual(linesOf(output).map(asShown));
  },
);
