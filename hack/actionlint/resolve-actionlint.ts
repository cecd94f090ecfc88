import { fileURLToPath } from 'node:url';
import type { Log } from '../control-plane/commands.ts';
import { resolveGoTool } from '../control-plane/go-tool.ts';

/** What checks the workflows, of the version that `go.mod` beside this file pins. @throws Error without a Go that is new enough */
export async function resolveActionlint(env: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const actionlint = {
    name: 'actionlint',
    directory: fileURLToPath(new URL('.', import.meta.url)),
    module: 'github.com/rhysd/actionlint',
    command: 'github.com/rhysd/actionlint/cmd/actionlint',
    stamp: 'github.com/rhysd/actionlint.version',
  };
  return resolveGoTool(actionlint, env, log);
}
