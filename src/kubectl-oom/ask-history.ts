import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { type Clock, pause } from '../clock.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { withDeadline } from '../kube/deadline.ts';
import { text } from '../kube/loose-json.ts';
import { portForward } from '../kube/port-forward.ts';
import { readRetryAfterMs } from '../retry.ts';
import type { Agent } from './find-agents.ts';

/** As the agent's own: it answers one query after the other. */
const EPISODES = '/api/v1/episodes';
const TIMEOUT_MS = 30_000;
/** A thousand episodes are 3 MB; no agent may eat the caller's memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** While it answers others it says when to come again; so often is asked. */
const MAX_TRIES = 10;
const BUSY_MS = 1000;
/** An agent is busy with one answer for seconds; it has no reason to ask for more. */
const MAX_BUSY_MS = 5000;

const [OK, NOT_FOUND, TOO_MANY] = [200, 404, 429];

export type HistoryQuery = Readonly<Record<string, string>>;

interface Env {
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
}

/**
 * One question to the agent of a node, through a port-forward with the caller's own rights.
 *
 * @returns its answer, a JSON document
 * @throws {Error} saying why there is none
 */
export async function askHistory(
  client: ApiClient,
  agent: Agent,
  query: HistoryQuery,
  { clock, signal }: Env,
): Promise<unknown> {
  const path = `${EPISODES}?${new URLSearchParams(query).toString()}`;
  for (let tries = 1; ; tries += 1) {
    const { status, retryAfterMs, body } = await withDeadline(
      TIMEOUT_MS,
      signal,
      async (either) => {
        const stream = await portForward(client, agent, either);
        return get(agent.hasTls ? overTls(stream) : stream, path, either).finally(() =>
          stream.destroy(),
        );
      },
    );
    if (status === OK) return JSON.parse(body) as unknown;
    if (status !== TOO_MANY || tries === MAX_TRIES) throw new Error(refusal(status, body));
    await pause(clock, Math.min(retryAfterMs || BUSY_MS, MAX_BUSY_MS), signal);
    signal.throwIfAborted();
  }
}

/**
 * Whose certificate it is, is not asked, as the kubelet's probes do not: the API server has led here, to that very Pod, and the
 * name in the certificate is whatever Prometheus was told.
 */
function overTls(stream: Duplex): Duplex {
  return connect({ socket: stream, rejectUnauthorized: false });
}

/** One GET over a connection that is there already; the connection ends with it. */
async function get(stream: Duplex, path: string, signal: AbortSignal) {
  const headers = { Host: 'localhost', Accept: 'application/json', Connection: 'close' };
  const asked = request({ createConnection: () => stream, path, headers, signal });
  asked.end();
  const [answer] = (await once(asked, 'response', { signal })) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES)
        throw new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
  } catch (err) {
    // The request says "aborted", whatever ended the connection.
    throw stream.errored ?? (signal.aborted ? signal.reason : err);
  }
  return {
    status: answer.statusCode ?? 0,
    retryAfterMs: readRetryAfterMs(answer.headers['retry-after']),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function refusal(status: number, body: string): string {
  if (status === NOT_FOUND) return `its agent has no ${EPISODES}: is it of an earlier version?`;
  return `HTTP ${status}${saidBy(body)}`;
}

function saidBy(body: string): string {
  try {
    const said = text(JSON.parse(body), 'error');
    return said === undefined ? '' : `: ${said}`;
  } catch {
    return '';
  }
}
