import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..');
export const OUT_DIR = join(ROOT, 'dist');
const SOURCES = join(ROOT, 'src');
const EXECUTABLE = 0o755;

/** The one file that no bundler can take in: koffi's binary for this platform and libc. */
const BINARY = 'koffi.node';

/** What kubectl looks for on the PATH to complete `kubectl oom`. */
const COMPLETER = 'kubectl_complete-oom';

/** koffi looks for its binary in node_modules; in the bundle it lies beside the bundle itself. */
const loadBinaryBeside: Plugin = {
  name: 'load-binary-beside',
  setup: (build) => {
    build.onLoad({ filter: /koffi\/src\/koffi\/src\/static\.js$/ }, () => ({
      contents: `export const loadStatic = () => require('./${BINARY}');`,
    }));
    build.onResolve({ filter: new RegExp(`^\\./${BINARY}$`) }, () => ({ external: true }));
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

/** What stands in for a library whose own beginning loads far more than is used of it. */
const NARROWED: Readonly<Record<string, string>> = {
  'prom-client': join(import.meta.dirname, 'narrowed/prom-client.cjs'),
  // Node gets it as CommonJS, whose hundred operators are all loaded.
  rxjs: fileURLToPath(new URL('../esm/index.js', import.meta.resolve('rxjs'))),
  undici: join(import.meta.dirname, 'narrowed/undici.cjs'),
};

const narrow: Plugin = {
  name: 'narrow',
  setup: (build) => {
    const names = Object.keys(NARROWED).join('|');
    build.onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => {
      const narrowed = NARROWED[path];
      return narrowed === undefined ? null : { path: narrowed, sideEffects: false };
    });
  },
};

/**
 * CommonJS: an ES module that imports `node:http` is shown all its exports, and to do so Node loads an undici of its
 * own, which is 13 MB of the agent's memory.
 */
const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  keepNames: true,
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  plugins: [loadBinaryBeside, dropUnusedClasses, narrow],
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
  metafile: true,
} satisfies BuildOptions;

/**
 * Before anything is loaded, for an older Node lacks modules that are: in words that the oldest one reads. Of a Node that is
 * old enough to stumble over the syntax behind it nobody can be told.
 */
const NEED_NODE = `(function (needed, found) {
  var parts = found.split('.');
  if (Number(parts[0]) > needed[0] || (Number(parts[0]) === needed[0] && Number(parts[1]) >= needed[1])) return;
  console.error('error: oom-recorder needs Node.js ' + needed.join('.') + ' or newer, and this is ' + found + ': install one, or use the image, which has its own');
  process.exit(1);
})(${JSON.stringify(oldestNode())}, process.versions.node);`;

/** Major and minor version. */
function oldestNode(): readonly number[] {
  return (manifest.engines.node.match(/\d+/g) ?? []).map(Number);
}

/** Says what the files beside it are, wherever they lie. */
const COMMONJS = JSON.stringify({ type: 'commonjs' });

/**
 * Makes `outDir/oom-recorder.js`, one file with everything but the binary beside it. Identifiers
 * stay as they are: names in stack traces and logs are for people. White space goes: half of 6.9 MB,
 * and 6 MB of the agent's memory.
 *
 * @param changes for tests: what is to be another module there
 */
export async function bundle(outDir: string, changes: readonly Plugin[] = []): Promise<string> {
  await mkdir(outDir, { recursive: true });
  await copyFile(koffiBinary(), join(outDir, BINARY));
  const banner = { js: `${NEED_NODE}\n${OPTIONS.banner.js}` };
  const { outfile } = await bundleProgram('main.ts', join(outDir, 'oom-recorder.js'), {
    banner,
    plugins: [...changes, ...OPTIONS.plugins],
  });
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
  const made = await bundleProgram('kubectl-main.ts', join(outDir, 'kubectl-oom.js'));
  await writeFile(join(outDir, COMPLETER), '#!/bin/sh\nexec kubectl-oom __complete "$@"\n');
  await chmod(join(outDir, COMPLETER), EXECUTABLE);
  return made;
}

async function bundleProgram(main: string, outfile: string, changes: BuildOptions = {}) {
  const define = { 'import.meta.url': 'importMetaUrl', ...commitMade() };
  const entryPoints = [join(SOURCES, main)];
  const { metafile } = await build({
    ...OPTIONS,
    ...changes,
    metafile: true,
    define,
    entryPoints,
    outfile,
  });
  await writeFile(outfile, inOneByte(await readFile(outfile, 'utf8')));
  await chmod(outfile, EXECUTABLE);
  await writeFile(join(dirname(outfile), 'package.json'), COMMONJS);
  return { outfile, inputs: Object.keys(metafile.inputs) };
}

/** V8 keeps a source as it is, and with two bytes for each character where one of them is beyond Latin-1. */
function inOneByte(source: string): string {
  return source.replaceAll(
    /[^\0-\xff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
