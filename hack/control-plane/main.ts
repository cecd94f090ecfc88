import { resolveBinaries } from './binaries.ts';
import type { Log } from './commands.ts';
import { keepDevCluster, startDevCluster, stopDevCluster } from './dev-cluster.ts';
import { exportLine } from './export-line.ts';
import { generateModule } from './go-modules.ts';
import { KUBERNETES_MODULE, parseVersion } from './versions.ts';

const USAGE = `usage: main.ts start | stop | binaries | pin VERSION
  start     a development cluster, or the one that runs; prints the line to eval
  stop      it, and removes its data
  binaries  makes sure they are there and prints their directory
  pin       writes go.mod and go.sum for another Kubernetes version`;

const log: Log = (line) => process.stderr.write(`${line}\n`);

async function main([verb = '', version = '']: readonly string[], env: NodeJS.ProcessEnv) {
  switch (verb) {
    case 'start': {
      const { kubeconfig, binaries } = await startDevCluster(env, log);
      log(`ready; logs beside the kubeconfig, kubectl in ${binaries}`);
      process.stdout.write(exportLine(kubeconfig));
      return;
    }
    case 'stop':
      log((await stopDevCluster(env, log)) ? 'stopped' : 'none was running');
      return;
    case 'keep':
      return keepDevCluster(env);
    case 'binaries':
      process.stdout.write(`${(await resolveBinaries({ env, log })).directory}\n`);
      return;
    case 'pin':
      return generateModule(parseVersion(version), KUBERNETES_MODULE, { env, log });
    default:
      throw new Error(USAGE);
  }
}

main(process.argv.slice(2), process.env).catch((err: unknown) => {
  log(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
});
