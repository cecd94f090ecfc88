import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../control-plane/cache.ts';
import { type Log, run } from '../control-plane/commands.ts';
import { debianSources } from './debian.ts';

/** Whose kernels are wanted beside those of this machine's own release. */
const SUITES = ['bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid'];

/** One kernel after another is recorded; an archive has new ones every few days. */
const ASK_AGAIN_AFTER_MS = 60 * 60_000;

/**
 * An environment in which apt knows further suites of this machine's mirror, and nothing else: its own lists
 * are elsewhere, so nothing that is installed here changes. A suite that the mirror has no longer is left out.
 */
export async function furtherSuites({
  env,
  log,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}): Promise<NodeJS.ProcessEnv> {
  const directory = join(cacheDirectory(env, 'node'), 'apt');
  for (const name of ['lists/partial', 'archives/partial'])
    await mkdir(join(directory, name), { recursive: true });
  const [mirror] = /\S+:\S+/.exec(await debianSources()) ?? [];
  const sources = SUITES.map((suite) => `deb ${mirror} ${suite} main\n`).join('');
  await writeFile(join(directory, 'sources.list'), sources);
  const configuration = join(directory, 'apt.conf');
  await writeFile(configuration, settingsIn(directory));
  const further = { ...process.env, APT_CONFIG: configuration };
  const asked = join(directory, 'asked');
  if (Date.now() - (await writtenMs(asked)) < ASK_AGAIN_AFTER_MS) return further;
  log("asking Debian's further suites for kernels");
  const update = run('apt-get', ['-qq', 'update'], { env: further });
  await update.catch((err: Error) => log(err.message));
  await writeFile(asked, '');
  return further;
}

/** Long ago where there is no such file. */
async function writtenMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function settingsIn(directory: string): string {
  const settings = {
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(directory, 'lists'),
    'Dir::Cache': directory,
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join('');
}
