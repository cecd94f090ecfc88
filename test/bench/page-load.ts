import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { StatusServer } from '../../src/telemetry/server.ts';
import { haveChromium, launchChromium } from '../support/chromium.ts';
import { storedKill, storeWith, TASKS } from '../support/history.ts';
import { pageOf } from '../support/shown-node.ts';
import { statusPages } from '../support/status-pages.ts';
import type { BenchReport } from './report.ts';

const EPISODES = 10_000;
const NAMESPACES = 250;
const ROUNDS = 20;
/** What V8 has not compiled yet is not what somebody waits for who looks twice. */
const FIRST_ROUNDS = 5;
/** The second has no kill on it: what a page costs the browser at all. */
const PATHS = ['/', '/?since=1s', '/?namespace=ns-7', '/?limit=200', '/?namespace=nobody'];

const COLUMNS = [
  { title: 'size', unit: 'kB', digits: 0 },
  ...['CPU', 'answer', 'Chromium'].flatMap((what) =>
    ['p50', 'longest'].map((which) => ({ title: `${what} ${which}`, unit: 'ms', digits: 1 })),
  ),
];

/** How long the page takes out of a history of 10,000 episodes with tables of fifty tasks: its answer, and in Chromium until it is drawn. */
export async function benchPageLoad(report: BenchReport): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'page-load-'));
  const kills = Array.from({ length: EPISODES }, (_, n) =>
    storedKill(n + 1, n % NAMESPACES, { tasks: TASKS }),
  );
  using store = storeWith(kills, directory);
  const browser = (await haveChromium()) ? await launchChromium() : undefined;
  const tab = await browser?.newPage();
  const page = pageOf(store);
  await using server = await StatusServer.listen(
    { host: '127.0.0.1', port: 0 },
    statusPages({ page }),
  );
  const row = report.table(`${EPISODES} episodes`, COLUMNS);
  try {
    for (const path of PATHS) {
      const url = `http://127.0.0.1:${server.port}${path}`;
      const { searchParams } = new URL(url);
      const worked = await times(async () => {
        const before = cpuMs();
        await page(searchParams, 'all');
        return [cpuMs() - before];
      });
      const answers = await times(async (n) => {
        const startedMs = performance.now();
        const page = await (await fetch(unshared(url, n))).text();
        return [performance.now() - startedMs, page.length / 1000];
      });
      const drawn = tab === undefined ? [] : await times((n) => draw(tab, unshared(url, n)));
      const drawing = drawn.length === 0 ? [] : quantiles(drawn);
      row(path, answers[0]?.[1], ...[worked, answers].flatMap(quantiles), ...drawing);
    }
  } finally {
    await browser?.close();
    rmSync(directory, { recursive: true });
  }
}

/** A rendering is shared for a quarter of a second; what asks for something else has one of its own. */
function unshared(url: string, n: number): string {
  return `${url}${url.includes('?') ? '&' : '?'}container=${'+'.repeat(n + 1)}`;
}

async function times(ask: (n: number) => Promise<number[]>): Promise<number[][]> {
  const all: number[][] = [];
  for (let n = 0; n < FIRST_ROUNDS + ROUNDS; n += 1) all.push(await ask(n));
  return all.slice(FIRST_ROUNDS);
}

/** From the request until its document is complete, by the browser's own clock. */
async function draw(page: Page, url: string): Promise<number[]> {
  await page.goto(url);
  const ms = await page.evaluate<number>(
    `performance.getEntriesByType('navigation')[0].loadEventStart`,
  );
  return [ms];
}

/** Of this thread alone. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function quantiles(rounds: readonly number[][]): number[] {
  const sorted = rounds.map(([ms = Number.NaN]) => ms).toSorted((a, b) => a - b);
  return [0.5, 1].map((q) => sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN);
}
