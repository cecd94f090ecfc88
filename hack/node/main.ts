import type { Log } from '../control-plane/commands.ts';
import { exportLine } from '../control-plane/export-line.ts';
import { openConsole } from './console.ts';
import { findDevNode, keepDevNode, startDevNode, stopDevNode } from './dev-node.ts';

const USAGE = `usage: main.ts start | stop | shell [COMMAND] | image
  start  a node in a virtual machine, or the one that runs; prints the line to eval
  stop   it, and removes its disk
  shell  a root shell there, or one command
  image  builds the agent's image of the tree as it is now, and runs it there`;

const log: Log = (line) => process.stderr.write(`${line}\n`);

async function main([verb = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  switch (verb) {
    case 'start': {
      const { kubeconfig, kubectl } = await startDevNode(env, log);
      log(`ready; kubectl is ${kubectl}`);
      process.stdout.write(exportLine(kubeconfig));
      return;
    }
    case 'stop':
      log((await stopDevNode(env, log)) ? 'stopped' : 'none was running');
      return;
    case 'keep':
      return keepDevNode(env);
    case 'shell':
      return shell(args.join(' '), env);
    case 'image':
      return (await findDevNode(env, log)).deployAgent();
    default:
      throw new Error(USAGE);
  }
}

async function shell(command: string, env: NodeJS.ProcessEnv): Promise<void> {
  const node = await findDevNode(env, log);
  if (command === '') return openConsole(node.directory);
  const { code, stdout, stderr } = await node.shellOutcome(command);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}

main(process.argv.slice(2), process.env).catch((err: unknown) => {
  log(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
});
