import type { Log } from '../../hack/control-plane/commands.ts';

/** Minutes where it must be built first. Where it cannot be had: `undefined`, which is said; with CI=true it fails. */
export async function findTool(
  name: string,
  resolve: (env: NodeJS.ProcessEnv, log: Log) => Promise<string>,
): Promise<string | undefined> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  try {
    return await resolve(process.env, say);
  } catch (err) {
    if (process.env['CI'] === 'true') throw err;
    say(`\nSKIPPED, since this machine has no ${name}: ${String(err)}\n`);
    return undefined;
  }
}
