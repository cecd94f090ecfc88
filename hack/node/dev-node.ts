import { fileURLToPath } from 'node:url';
import type { Log } from '../control-plane/commands.ts';
import { findOrStart, keep, stopKept } from '../control-plane/keeper.ts';
import { isRunning, type Kept, keptFile, readKept } from '../control-plane/kept.ts';
import { resolveAgentImage } from './agent-image.ts';
import { resolveNodeParts } from './node-parts.ts';
import { type NodeAccess, RealNode } from './real-node.ts';
import { nodeSettings, type NodeSettings } from './settings.ts';
import { startNode } from './start-node.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const NAME = 'node';

/** What the next `make node…` must know of the one that runs. */
interface RunningNode extends Kept, NodeAccess {
  readonly settings: NodeSettings;
}

/** The node that runs, else a new one that stays when this process ends. */
export async function startDevNode(env: NodeJS.ProcessEnv, log: Log): Promise<RunningNode> {
  const settings = nodeSettings(env);
  const asked = JSON.stringify(settings);
  const suits = async (running: RunningNode) => {
    const has = JSON.stringify(running.settings);
    if (has === asked) return true;
    throw new Error(`another one runs, ${has} and not ${asked}: make node-stop ends it`);
  };
  const file = keptFile(env, NAME);
  const running = await readKept(file);
  if (!running || !isRunning(running)) {
    // What takes long is made here and not by the keeper: Ctrl-C ends all of it.
    const { images } = await resolveNodeParts(settings.kernel, { env, log });
    await resolveAgentImage(images, { env, log });
  }
  return findOrStart({ file, main: MAIN, env, log, suits });
}

/** Whether there was one to stop. */
export async function stopDevNode(env: NodeJS.ProcessEnv, log: Log): Promise<boolean> {
  return stopKept(keptFile(env, NAME), log);
}

/** The keeper's part. */
export async function keepDevNode(env: NodeJS.ProcessEnv): Promise<void> {
  await keep<RunningNode>(keptFile(env, NAME), async (log) => {
    const settings = nodeSettings(env);
    const node = await startNode({ env, log, ...settings });
    const facts = { ...node.access, settings };
    return { directory: node.directory, facts, [Symbol.asyncDispose]: () => node.stop() };
  });
}

/** The node that runs, for what needs one. */
export async function findDevNode(env: NodeJS.ProcessEnv, log: Log): Promise<RealNode> {
  const running = await readKept<RunningNode>(keptFile(env, NAME));
  if (!running || !isRunning(running)) throw new Error('no node runs: make node starts one');
  return new RealNode(running, log, async () => {
    throw new Error('make node-stop ends it');
  });
}
