import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  addressText,
  DEFAULT_LISTEN,
  type ListenAddress,
  listenAt,
  type ListenChoice,
  ListenError,
} from '../telemetry/listen-address.ts';
import { type Check, check, ok } from './check.ts';
import type { ProcessList } from './process-list.ts';
import { isRecorder } from './processes.ts';

/** The port can be had, which is tried for a moment; the agent of our own container may have it already. */
export function portChecks(
  listen: ListenChoice | undefined,
  processes: ProcessList,
): readonly Check[] {
  if (listen === 'none') return [];
  const address = listen ?? DEFAULT_LISTEN;
  const port = check('port', async () => {
    try {
      await tryToListen(address);
      return ok(`${addressText(address)} can be had`);
    } catch (error) {
      const own = isTaken(error) ? await ownAgent(processes) : undefined;
      if (own === undefined) throw error;
      return ok(
        `${addressText(address)} is in use, and this container’s own agent runs (pid ${own})`,
      );
    }
  });
  return [port];
}

/** @throws ListenError */
async function tryToListen(address: ListenAddress): Promise<void> {
  const server = createServer();
  await listenAt(address, server);
  server.close();
  await once(server, 'close');
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof ListenError && (error.cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
  );
}

async function ownAgent(processes: ProcessList): Promise<number | undefined> {
  const all = await processes.all();
  return all.find((each) => isRecorder(each) && processes.isOfOurContainer(each.pid))?.pid;
}
