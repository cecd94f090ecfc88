import { chmod, copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleKubectlOom, OUT_DIR } from './bundle.ts';
import { run } from './control-plane/commands.ts';

/** Where Node looks for a program within its own executable (doc/api/single-executable-applications.md). */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const POSTJECT = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
const LICENSE = join(import.meta.dirname, '../LICENSE');
const EXECUTABLE = 0o755;

/** Go's names, which krew uses. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Makes `outDir/kubectl-oom`, one file that needs no Node: this Node itself, with the program in it. It runs on what
 * this Node runs on. On macOS it is signed anew, ad hoc: what was changed does not start there.
 */
export async function buildExecutable(outDir: string): Promise<string> {
  await mkdir(outDir, { recursive: true });
  const executable = join(outDir, 'kubectl-oom');
  const [config, blob] = [join(outDir, 'sea.json'), join(outDir, 'sea.blob')];
  const { outfile: main } = await bundleKubectlOom(outDir);
  const sea = { main, output: blob, disableExperimentalSEAWarning: true };
  await writeFile(config, JSON.stringify(sea));
  await run(process.execPath, ['--experimental-sea-config', config]);
  await rm(executable, { force: true });
  await copyFile(process.execPath, executable);
  await chmod(executable, EXECUTABLE);
  await inject(executable, blob);
  for (const file of [config, blob]) await rm(file);
  return executable;
}

async function inject(executable: string, blob: string): Promise<void> {
  const args = [POSTJECT, executable, RESOURCE, blob, '--sentinel-fuse', FUSE];
  if (process.platform !== 'darwin') {
    // Its symbols are for people who debug Node: a tenth of it.
    await run('strip', [executable]).catch(() => undefined);
    await run(process.execPath, args);
    return;
  }
  await run('codesign', ['--remove-signature', executable]);
  await run(process.execPath, [...args, '--macho-segment-name', 'NODE_SEA']);
  await run('codesign', ['--sign', '-', executable]);
}

/** What krew installs: `manifests/krew/oom.yaml` names it. */
async function archive(executable: string): Promise<string> {
  const { platform, arch } = process;
  const path = `${executable}-${platform}-${ARCHITECTURES[arch] ?? arch}.tar.gz`;
  await copyFile(LICENSE, join(OUT_DIR, 'LICENSE'));
  await run('tar', ['-czf', path, '-C', OUT_DIR, 'kubectl-oom', 'LICENSE']);
  await rm(join(OUT_DIR, 'LICENSE'));
  return path;
}

if (import.meta.main) {
  const executable = await buildExecutable(OUT_DIR);
  for (const path of [executable, await archive(executable)]) {
    const { size } = await stat(path);
    console.log(`${path}: ${(size / 1e6).toFixed(1)} MB`);
  }
}
