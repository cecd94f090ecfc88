import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import { type Log, needCommands, runTied } from '../control-plane/commands.ts';
import { debianSources } from './debian.ts';

/** Beside what Debian itself calls essential. */
const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'udev',
  'kmod',
  'iproute2',
  'iptables',
  'conntrack',
  'ethtool',
  'mount',
  'util-linux',
  'procps',
  'runc',
  'apparmor', // with its parser containerd confines every container that is not privileged
  'containernetworking-plugins',
  'ca-certificates',
];

/** Nobody reads them in the guest, and half of the files are these. */
const LEFT_OUT = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/locale/*',
  '/usr/share/info/*',
];

/** Debian's part of the root file system, of the host's release, as a tar file. */
export async function resolveDebian({
  env,
  log,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8');
  const suite = /^VERSION_CODENAME=(?<name>\w+)$/m.exec(release)?.groups?.['name'] ?? 'stable';
  const recipe = createHash('sha256').update([suite, ...PACKAGES, ...LEFT_OUT].join(' '));
  const name = `debian-${suite}-${recipe.digest('hex').slice(0, 12)}`;
  const cache = cacheDirectory(env, 'node');
  const directory = await cachedDirectory({ cache, name, log, keep: 1 }, async (into) => {
    log(`installing Debian ${suite} (once)`);
    await needCommands({ mmdebstrap: 'mmdebstrap' });
    const leaveOut = LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`);
    const what = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, ...leaveOut];
    const input = await debianSources();
    const env = { ...process.env, TMPDIR: into }; // it unpacks there, and runs what it unpacked
    const where = [suite, join(into, 'root.tar'), '-'];
    await runTied('mmdebstrap', ['--quiet', ...what, ...where], { input, env });
  });
  return join(directory, 'root.tar');
}
