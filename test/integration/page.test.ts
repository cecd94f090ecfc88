import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/store/state-store.ts';
import { StatusServer } from '../../src/telemetry/server.ts';
import { BROKEN_WORDS } from '../support/broken-words.ts';
import { haveChromium, launchChromium } from '../support/chromium.ts';
import { BOOT, storeWith } from '../support/history.ts';
import { nodesKills, pageOf, recordedKill } from '../support/shown-node.ts';
import { statusPages } from '../support/status-pages.ts';

const isHere = await haveChromium();
/** Writes the pictures of the documentation. */
const isDrawing = process.env['OOM_RECORDER_SCREENSHOTS'] === '1';
const IMAGES = join(import.meta.dirname, '../../docs/images');

const HOSTILE = `</b><img src=x onerror="document.title='mine'">\u{202e}`;
const WIDTHS = [420, 1200, 1600] as const;
const SCHEMES = ['light', 'dark'] as const;
const EVERY = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const));
const REFRESH_MS = 10_000;

let browser: Browser;
let store: StateStore;
let server: StatusServer;
let page: Page;
/** Of the browser: a violation of the policy is one. */
let complaints: string[];
let requests: string[];

describe.skipIf(!isHere)('the page in Chromium', () => {
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    store = storeWith(nodesKills());
    server = await StatusServer.listen(
      { host: '127.0.0.1', port: 0 },
      statusPages({ page: pageOf(store) }),
    );
    complaints = [];
    requests = [];
  });
  afterEach(async () => {
    await page.context().close();
    await server[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  });

  const url = (path = '/'): string => `http://127.0.0.1:${server.port}${path}`;

  async function open(path = '/', options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext(options);
    page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.clock.install();
    await page.goto(url(path));
  }

  async function openAll(): Promise<void> {
    await page.evaluate(`document.querySelectorAll('details').forEach((it) => (it.open = true))`);
  }

  const bodyOf = (minutesAgo: number) => page.locator(`[id="${BOOT}-${100_000 - minutesAgo}"]`);
  const summaryOf = (minutesAgo: number) => bodyOf(minutesAgo).locator('xpath=../summary');

  test.for(EVERY)('of %s pixels, %s, is as accessible as axe can tell', async ([width, scheme]) => {
    await open('/', { viewport: { width, height: 900 }, colorScheme: scheme });
    await openAll();
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
    const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    expect(found).toEqual([]);
    expect(passes.length).toBeGreaterThan(20);
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
  });

  test.for(WIDTHS)('of %s pixels breaks no word and needs no scrolling aside', async (width) => {
    await open('/', { viewport: { width, height: 900 } });
    await openAll();
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
    expect(await page.evaluate(BROKEN_WORDS)).toEqual([]);
  });

  test('obeys its own policy: its style and script, and no request but for itself', async () => {
    await open();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('summary')).display`)).toBe(
      'grid',
    );
    const bars = await page.evaluate<number[]>(
      `[...document.querySelectorAll('details[open] .processes td[class]')]
        .map((cell) => parseFloat(getComputedStyle(cell, '::before').width))`,
    );
    expect(Math.max(...bars)).toBeGreaterThan(40);
    await page.clock.fastForward(REFRESH_MS);
    await expect.poll(() => requests.length).toBe(2);
    expect(requests).toEqual([url(), url()]);
    expect(complaints).toEqual([]);
  });

  test('runs nothing that somebody chose to be called', async () => {
    const names = { namespace: HOSTILE, name: HOSTILE };
    const kill = recordedKill('node-6.12-group-of-4', 0, names, HOSTILE);
    const { victim, tasks } = kill.episode;
    const named = tasks.map((task) => ({ ...task, comm: HOSTILE }));
    store.episodes.add({
      ...kill,
      episode: { ...kill.episode, victim: { ...victim, comm: HOSTILE }, tasks: named },
    });
    await open(`/?namespace=${encodeURIComponent(HOSTILE)}`);
    await openAll();
    expect(await page.title()).toBe('OOM kills on node-1');
    expect(await page.locator('img').count()).toBe(0);
    await expect.poll(() => summaryOf(0).innerText()).toContain('<img src=x onerror=');
    expect(await bodyOf(0).locator('pre').allInnerTexts()).not.toContain(HOSTILE);
    expect(complaints).toEqual([]);
  });

  test('needs no script: opens, filters, and opens what a link leads to', async () => {
    await open('/', { javaScriptEnabled: false });
    expect(await bodyOf(48).isVisible()).toBe(false);
    await summaryOf(48).click();
    expect(await bodyOf(48).isVisible()).toBe(true);
    expect(await bodyOf(48).locator('pre').first().innerText()).toBe(
      'kubectl -n batch describe pod import-28x-7gk2p',
    );
    await page.getByLabel('Namespace').fill('batch');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(page.url()).toBe(url('/?namespace=batch&pod='));
    expect(await page.locator('main > details').count()).toBe(2);
    await page.goto(url(`/#${BOOT}-${100_000 - 130}`));
    expect(await bodyOf(130).isVisible()).toBe(true);
  });

  test('is refreshed, and what is open, closed or has the focus stays as it is', async () => {
    await open();
    await summaryOf(2).click();
    await summaryOf(130).click();
    const names = { namespace: 'shop', name: 'new-0' };
    store.episodes.add(recordedKill('x6.1-v2', 0, names, 'app'));
    await page.clock.fastForward(REFRESH_MS);
    await bodyOf(0).waitFor();
    const opened = await Promise.all([0, 2, 48, 130].map((kill) => bodyOf(kill).isVisible()));
    expect(opened).toEqual([true, false, false, true]);
    expect(await summaryOf(130).evaluate((it) => it.matches(':focus'))).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('leaves alone what somebody selects, and says when it is old', async () => {
    await open();
    await summaryOf(48).click();
    await bodyOf(48).locator('pre').first().click();
    const selected = (): Promise<string> => page.evaluate('String(getSelection())');
    expect(await selected()).toContain('kubectl -n batch describe pod');
    await page.clock.fastForward(REFRESH_MS);
    await expect.poll(() => requests.length).toBe(2);
    expect(await selected()).toContain('kubectl -n batch describe pod');
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    const body = '<title>OOM kills on node-2</title><main></main>';
    for (const answer of [
      (route: Route) => route.abort(),
      (route: Route) => route.fulfill({ body, contentType: 'text/html' }),
    ]) {
      await page.route(url(), answer);
      await page.clock.fastForward(REFRESH_MS);
      await page.getByRole('alert').waitFor();
      await page.unroute(url());
      await page.clock.fastForward(REFRESH_MS);
      await page.getByRole('alert').waitFor({ state: 'hidden' });
    }
    expect(await bodyOf(48).isVisible()).toBe(true);
  });

  test.for(EVERY.filter(([width]) => width !== 1200))(
    'is drawn at %s pixels, %s',
    async ([width, scheme]) => {
      await open('/', { viewport: { width, height: 800 }, colorScheme: scheme });
      mkdirSync(IMAGES, { recursive: true });
      const path = join(IMAGES, `page-${width}-${scheme}.png`);
      const picture = await page.screenshot(isDrawing ? { path } : {});
      expect(picture.length).toBeLessThan(250_000);
    },
  );
});
