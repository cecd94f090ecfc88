import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { TailedNode, type TailingAgent } from '../support/tailing-agent.ts';

const KILLS = 100;
/** Half the time after which the agent itself gives up a request: who waits for one is found out. */
const PATIENCE_MS = 7_000;
const HANGING = 60;
const FLOODING = 6;
const HALF_A_HEAD = 'GET /metrics HTTP/1.1\r\nHost: a\r\n';

/** An InfluxDB gone bad, and what came to it. */
interface BadInflux {
  readonly url: string;
  /** Writes that came, and of those the ones whose connection ended. */
  came: number;
  ended: number;
}

interface Hostility {
  readonly that: string;
  /** Absent where nobody listens. */
  readonly listener?: RequestListener;
  /** Whether a write ever comes to an end, or stands there while all the Events overtake it. */
  readonly ends: boolean;
}

const HOSTILITIES: readonly Hostility[] = [
  {
    that: 'takes a write and never answers',
    listener: () => undefined,
    ends: false,
  },
  {
    that: 'answers 500 for ever',
    listener: (_request, response) => void response.writeHead(500).end('no'),
    ends: true,
  },
  {
    that: 'answers without end',
    listener: (_request, response) => pour(response.writeHead(500)),
    ends: true,
  },
  { that: 'is not there', ends: true },
];

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write('x'.repeat(1_000)));
  response.once('drain', () => pour(response));
}

async function startInflux(listener: RequestListener | undefined): Promise<BadInflux> {
  const server = createServer((request, response) => {
    influx.came += 1;
    response.once('close', () => (influx.ended += 1));
    listener?.(request, response);
  });
  const influx = { url: '', came: 0, ended: 0 };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  influx.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  if (listener === undefined) await close();
  else onTestFinished(close);
  return influx;
}

/** Scrapers that send half a request and hang, again when they are cut off, and some that flood. */
function besiege({ port, url }: TailingAgent): { readonly hung: number; readonly scraped: number } {
  const seen = { hung: 0, scraped: 0 };
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const hang = (): void => {
    const socket = createConnection(port, '127.0.0.1').on('error', () => {});
    socket.once('connect', () => (seen.hung += 1)).write(HALF_A_HEAD);
    socket.once('close', () => over.signal.aborted || setTimeout(hang, 10));
    over.signal.addEventListener('abort', () => socket.destroy(), { once: true });
  };
  const flood = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const scrape = fetch(`${url}/metrics`, { signal: over.signal });
      seen.scraped += await scrape.then(async (answer) => (await answer.text(), 1)).catch(() => 0);
    }
  };
  for (let n = 0; n < HANGING; n += 1) hang();
  for (let n = 0; n < FLOODING; n += 1) void flood();
  return seen;
}

async function until(what: () => boolean): Promise<void> {
  await vi.waitUntil(what, { timeout: PATIENCE_MS, interval: 5 });
}

describe('an InfluxDB that', () => {
  test.for(HOSTILITIES)(
    '$that keeps no Event waiting, nor do scrapers that hang and flood',
    async ({ listener, ends }) => {
      const influx = await startInflux(listener);
      const node = new TailedNode(KILLS);
      const args = ['--influx-url', influx.url, '--influx-database', 'oom'];
      await using agent = await node.start(args);

      node.kill(0);
      await until(() => agent.printed.length === 1);
      const isBad = () =>
        agent.process.log.some((line) => line.includes('cannot write to influxdb'));
      await until(() => influx.came > 0 || isBad());
      const siege = besiege(agent);
      await until(() => siege.hung >= HANGING && siege.scraped > 0);
      const scraped = siege.scraped;

      for (let pod = 1; pod < KILLS; pod += 1) node.kill(pod);
      await until(() => agent.printed.length >= KILLS);
      const inOrder = Array.from({ length: KILLS }, (_, pod) => `pod-${pod}`);
      expect(agent.printed).toEqual(inOrder);
      if (ends) await until(() => influx.ended > 0 || isBad());
      else expect(influx).toMatchObject({ came: 1, ended: 0 });

      await until(() => siege.scraped > scraped);
      const shown = () =>
        agent.metrics(
          'oom_recorder_killed_processes_total',
          'oom_recorder_influx_pending_points',
          'oom_recorder_influx_points_total{outcome="written"}',
        );
      await expect.poll(shown, { timeout: PATIENCE_MS }).toEqual([KILLS, KILLS, 0]);
      await expect.poll(async () => (await fetch(`${agent.url}/healthz`)).status).toBe(200);
      expect(await agent.process.stop()).toBe(0);
    },
  );
});
