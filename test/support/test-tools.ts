import { fileURLToPath } from 'node:url';
import { run } from '../../hack/control-plane/commands.ts';

const INSTALL = fileURLToPath(new URL('../../hack/install-test-tools.sh', import.meta.url));

/**
 * Whether these programs are here, installed if need be. Where they cannot be had the tests that
 * need them are skipped, loudly; with CI=true they fail instead.
 */
export async function haveTools(...tools: readonly string[]): Promise<boolean> {
  try {
    await run(INSTALL, tools, { onErrorLine: (line) => process.stderr.write(`${line}\n`) });
    return true;
  } catch (err) {
    if (process.env['CI'] === 'true') throw err;
    process.stderr.write(
      `\nSKIPPED, since this machine has no ${tools.join(', ')}: ${String(err)}\n\n`,
    );
    return false;
  }
}
