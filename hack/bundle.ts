import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
export const OUT_DIR = join(ROOT, 'dist');
const SOURCES = join(ROOT, 'src');
const EXECUTABLE = 0o755;

/** The one file that no bundler can take in: koffi's binary for this platform and libc. */
const BINARY = 'koffi.node';

/** What kubectl looks for on the PATH to complete `kubectl oom`. */
const COMPLETER = 'kubectl_complete-oom';

/** Some of the libraries are CommonJS and ask for Node's own modules with `require`. */
const BANNER = [
  `import { createRequire as createBundleRequire } from 'node:module';`,
  'const require = createBundleRequire(import.meta.url);',
].join('\n');

/** koffi looks for its binary in node_modules; in the bundle it lies beside the bundle itself. */
const loadBinaryBeside: Plugin = {
  name: 'load-binary-beside',
  setup: (build) => {
    build.onLoad({ filter: /koffi\/src\/koffi\/src\/static\.js$/ }, () => ({
      contents: `import { createRequire } from 'node:module';
        export const loadStatic = () => createRequire(import.meta.url)('./${BINARY}');`,
    }));
  },
};

const CLIENT_NODE = /\/@kubernetes\/client-node\/dist\b/;

/**
 * client-node does not say that its modules do nothing but define things, so half a MB of the classes it
 * generates would stay though nobody uses them: they assign to themselves as they are loaded.
 */
const dropUnusedClasses: Plugin = {
  name: 'drop-unused-classes',
  setup: (build) => {
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
      sideEffects: false,
    }));
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) =>
      CLIENT_NODE.test(resolveDir) ? { path: join(resolveDir, path), sideEffects: false } : null,
    );
  },
};

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  keepNames: true,
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  plugins: [loadBinaryBeside, dropUnusedClasses],
  logLevel: 'warning',
} satisfies BuildOptions;
const ESM = { ...COMMON, format: 'esm', banner: { js: BANNER } } satisfies BuildOptions;

const CJS = {
  ...COMMON,
  format: 'cjs',
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
} satisfies BuildOptions;

/**
 * Makes `outDir/oom-recorder.js`, one file with everything but the binary beside it. Identifiers
 * stay as they are: names in stack traces and logs are for people. White space goes: half of 6.9 MB,
 * and 6 MB of the agent's memory.
 */
export async function bundle(outDir: string): Promise<string> {
  const outfile = join(outDir, 'oom-recorder.js');
  await mkdir(outDir, { recursive: true });
  await copyFile(koffiBinary(), join(outDir, BINARY));
  await build({ ...ESM, define: commitMade(), entryPoints: [join(SOURCES, 'main.ts')], outfile });
  await chmod(outfile, EXECUTABLE);
  return outfile;
}

/**
 * Makes `outDir/kubectl-oom.js` and what kubectl asks for completions, beside it. It needs nothing but Node.
 *
 * @returns the path of the first, and what is in it
 */
export async function bundleKubectlOom(
  outDir: string,
): Promise<{ outfile: string; inputs: string[] }> {
  const outfile = join(outDir, 'kubectl-oom.js');
  const entryPoints = [join(SOURCES, 'kubectl-main.ts')];
  const define = commitMade();
  const { metafile } = await build({ ...ESM, define, entryPoints, outfile, metafile: true });
  await chmod(outfile, EXECUTABLE);
  await writeFile(join(outDir, COMPLETER), '#!/bin/sh\nexec kubectl-oom __complete "$@"\n');
  await chmod(join(outDir, COMPLETER), EXECUTABLE);
  return { outfile, inputs: Object.keys(metafile?.inputs ?? {}) };
}

/** The same program as CommonJS, which is what a single executable runs: `outDir/kubectl-oom.cjs`. */
export async function bundleForExecutable(outDir: string): Promise<string> {
  const outfile = join(outDir, 'kubectl-oom.cjs');
  const define = { ...CJS.define, ...commitMade() };
  await build({ ...CJS, define, entryPoints: [join(SOURCES, 'kubectl-main.ts')], outfile });
  return outfile;
}

/** What `--version` says it was made from. */
function commitMade(): Record<string, string> {
  return { BUNDLED_COMMIT: JSON.stringify(commit()) ?? 'undefined' };
}

/** Of the tree, `-dirty` where it is not what was committed; an image is built where no git is. */
function commit(): string | undefined {
  const { OOM_RECORDER_COMMIT: given } = process.env;
  if (given !== undefined && given !== '') return given;
  const args = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'];
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Where npm put it: in the package of this platform, under the name of this libc. */
function koffiBinary(): string {
  const { platform, arch } = process;
  const fromKoffi = createRequire(import.meta.resolve('koffi'));
  const directory = dirname(fromKoffi.resolve(`@koromix/koffi-${platform}-${arch}`));
  return join(directory, `${isGlibc() ? platform : 'musl'}_${arch}`, BINARY);
}

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header: Readonly<Record<string, unknown>> };
  return header['glibcVersionRuntime'] !== undefined;
}

if (import.meta.main) {
  console.log(await bundle(OUT_DIR));
  console.log((await bundleKubectlOom(OUT_DIR)).outfile);
}
