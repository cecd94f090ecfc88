import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { needCommands, run } from '../control-plane/commands.ts';

/** apt's files as one-line sources, whatever mirror and form this machine's own have. */
const SOURCE_LINE = 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)';

/**
 * Where this machine gets Debian's packages from. Sources of other origins are left out: the guest
 * needs none, and not everybody's answer.
 */
export async function debianSources(): Promise<string> {
  const only = ['Created-By: Packages', 'Origin: Debian'];
  const list = async () => run('apt-get', ['indextargets', '--format', SOURCE_LINE, ...only]);
  const known = await list();
  if (known !== '') return known;
  await run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update']);
  const updated = await list();
  if (updated === '') throw new Error('apt knows no archive of Debian: a node is made on Debian');
  return updated;
}

/** Downloads one of Debian's packages and unpacks it below `into`; nothing is installed. */
export async function unpackPackage(
  name: string,
  into: string,
  env = process.env,
): Promise<string> {
  await needCommands({ dpkg: 'dpkg', 'apt-get': 'apt' });
  const downloads = await mkdtemp(join(into, 'download-'));
  const root = join(into, name);
  await mkdir(root);
  await run('apt-get', ['-qq', 'download', name], { cwd: downloads, env });
  await run('sh', ['-c', 'exec dpkg --extract "$0"/*.deb "$1"', downloads, root]);
  await rm(downloads, { recursive: true });
  return root;
}
