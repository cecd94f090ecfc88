import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type KernelTruth, readTruth } from '../../test/support/kernel-truth.ts';
import { bundle, OUT_DIR } from '../bundle.ts';
import { type Log, run } from '../control-plane/commands.ts';
import { createDataDirectory } from '../control-plane/data-directory.ts';
import { type Accelerator, chooseAccelerator } from '../node/accelerator.ts';
import { type Kernel, resolveKernel } from '../node/kernel.ts';
import { recordsAfter } from '../node/kmsg-records.ts';
import { CGROUP_VERSIONS, type CgroupVersion, playScenarios } from './boot.ts';
import { differencesFromTruth, differencesLive, type ToldEpisode } from './find-differences.ts';
import { guestPods } from './guest-pods.ts';

const USAGE = `usage: main.ts SERIES [--cgroup v1|v2] [--only SCENARIO] [--to DIRECTORY]
  SERIES    of Debian's cloud kernels: 6.1, 6.12, …; what there is, if it is none of them
  --cgroup  one of both versions (default: both)
  --only    of guest/scenarios; with --to, for it is not the whole recording
  --to      where the recordings go (default: test/testdata/kmsg)`;

const RECORDINGS = join(import.meta.dirname, '../../test/testdata/kmsg');
/** What `guest/lib.sh` writes to the log before each. */
const FIRST_SCENARIO = /^14,(?<sequence>\d+),[^;]*;@@SCENARIO /m;
const AGENT = join(OUT_DIR, 'oom-recorder.js');

const log: Log = (line) => process.stderr.write(`${line}\n`);

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { cgroup: { type: 'string' }, only: { type: 'string' }, to: { type: 'string' } },
    allowPositionals: true,
  });
  const [series, ...more] = positionals;
  const { cgroup, only = '', to = RECORDINGS } = values;
  const versions = CGROUP_VERSIONS.filter((version) => (cgroup ?? version) === version);
  const isPartial = only !== '' && values.to === undefined;
  if (series === undefined || more.length > 0 || versions.length === 0 || isPartial)
    throw new Error(USAGE);
  await bundle(OUT_DIR);
  const kernel = await resolveKernel(series, { env, log });
  const accelerator = await chooseAccelerator(kernel, { env, log });
  for (const version of versions) {
    const file = join(to, `vm-${series}-${version}`);
    await record({ kernel, accelerator, cgroup: version, only, file });
  }
}

interface Recording {
  readonly kernel: Kernel;
  readonly accelerator: Accelerator;
  readonly cgroup: CgroupVersion;
  readonly only: string;
  /** Without an ending. */
  readonly file: string;
}

/** Writes a recording and its truth, also where the agent says something else: then that is what it is for. */
async function record({ file, ...boot }: Recording): Promise<void> {
  const data = await createDataDirectory('record');
  try {
    log(`booting Linux ${boot.kernel.release} with cgroup ${boot.cgroup}`);
    const pods = join(data.path, 'pods.json');
    await writeFile(pods, JSON.stringify(guestPods()));
    const out = await playScenarios({ ...boot, directory: data.path, pods, log });
    const recorded = await readFile(join(out, 'kmsg'), 'latin1');
    const lines = (await readFile(join(out, 'meta'), 'utf8')).split('\n');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(`${file}.kmsg`, withoutBoot(recorded), 'latin1');
    await writeFile(`${file}.meta`, lines.join('\n'));
    const replayed = await ask('replay', '--pods', pods, `${file}.kmsg`);
    const live = await ask('history', '--state-dir', join(out, 'state'));
    const wrong = findWrong(readTruth(lines), replayed, live);
    log(`${basename(file)}: ${replayed.length} episodes, ${wrong.length} differences`);
    if (wrong.length === 0) return;
    for (const line of wrong) log(line);
    await writeFile(
      `${file}.live.ndjson`,
      live.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    process.exitCode = 1;
  } finally {
    await data.remove();
  }
}

function withoutBoot(log: string): string {
  const first = FIRST_SCENARIO.exec(log)?.groups?.['sequence'];
  return recordsAfter(log, Number(first) - 1);
}

/** What our program prints, as it is shipped. */
async function ask(command: string, ...args: readonly string[]): Promise<readonly ToldEpisode[]> {
  const printed = await run(process.execPath, [AGENT, command, '-o', 'ndjson', ...args], {
    onErrorLine: log,
  });
  const lines = printed.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ToldEpisode);
}

function findWrong(
  truth: KernelTruth,
  replayed: readonly ToldEpisode[],
  live: readonly ToldEpisode[],
): readonly string[] {
  return [
    ...differencesFromTruth(truth, replayed).map((line) => `replay: ${line}`),
    ...differencesLive(replayed, live).map((line) => `live: ${line}`),
    ...differencesFromTruth(truth, live).map((line) => `live: ${line}`),
  ];
}

main(process.argv.slice(2), process.env).catch((err: unknown) => {
  log(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
});
