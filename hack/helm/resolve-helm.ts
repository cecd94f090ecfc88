import { fileURLToPath } from 'node:url';
import type { Log } from '../control-plane/commands.ts';
import { resolveGoTool } from '../control-plane/go-tool.ts';

/** Helm of the version that `go.mod` beside this file pins. @throws Error without a Go that is new enough */
export async function resolveHelm(env: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const helm = {
    name: 'helm',
    directory: fileURLToPath(new URL('.', import.meta.url)),
    module: 'helm.sh/helm/v4',
    command: 'helm.sh/helm/v4/cmd/helm',
    stamp: 'helm.sh/helm/v4/internal/version.version',
  };
  return resolveGoTool(helm, env, log);
}
