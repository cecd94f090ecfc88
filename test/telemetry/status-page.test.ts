import { describe, expect, test } from 'vitest';
import { answerPage } from '../../src/telemetry/status-page.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import type { Access } from '../../src/telemetry/access.ts';
import { BOOT, pendingKill, storedKill, storeWith, TASKS } from '../support/history.ts';
import { START_MS } from '../support/kill-event.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const INVOKER = { comm: 'neighbour', gfpMask: '0xcc0', order: 0, oomScoreAdj: 0 };
const SYSTEM = {
  tasks: TASKS,
  invoker: INVOKER,
  oomMemcg: undefined,
  limitLevel: 'system',
} as const;
const KILLS = [storedKill(1, 1), storedKill(2, 2, SYSTEM), pendingKill(3)];

async function ask(query: string, kills = KILLS, access: Access = 'all') {
  using store = storeWith(kills);
  const source = {
    node: { name: 'node-1' },
    version: '1.2.3',
    ask: (question) => store.episodes.ask(question),
    clock: { ...SYSTEM_CLOCK, wallMs: () => START_MS + 3000 },
    records: () => 0,
    status: () => ({
      problems: [],
      fine: ['the log is read'],
      audit: undefined,
      pending: store.episodes.pendingCount(),
    }),
  } as const satisfies Parameters<typeof answerPage>[0];
  const { status, body } = await answerPage(source, new URLSearchParams(query), access);
  const page = String(body);
  const [waiting = '', rest = ''] = page.includes('<h2>Pending')
    ? page.split('<h2>Kills')
    : ['', page];
  return { status, page, waiting: sequencesIn(waiting), shown: sequencesIn(rest) };
}

function sequencesIn(page: string): number[] {
  return [...page.matchAll(new RegExp(`<div id="${BOOT}-(\\d+)"`, 'g'))].map(([, n]) => Number(n));
}

const many = (count: number): StoredEpisode[] =>
  Array.from({ length: count }, (_, n) => storedKill(n + 1, 1));

describe('the page', () => {
  test('shows the last kills, newest first, the first of them opened, and apart from them what waits', async () => {
    const { status, page, waiting, shown } = await ask('');
    expect(status).toBe(200);
    expect([waiting, shown]).toEqual([[3], [2, 1]]);
    expect(page).toContain('<title>OOM kills on node-1</title>');
    expect(page.match(/<details open>/g)).toHaveLength(1);
  });

  test('does not say that nothing happened while a kill waits', async () => {
    expect((await ask('', [pendingKill(3)])).page).toContain(
      '<p>None is recorded besides what waits',
    );
    expect((await ask('', [])).page).toContain('<p>None is recorded.</p>');
    expect((await ask('pod=nobody')).page).toContain('None of these is recorded.');
  });

  test.for<[string, number[]]>([
    ['namespace=ns-1', [1]],
    ['namespace=&pod=pod-2', [2]],
    ['namespace=+ns-1+&pod=', [1]],
    ['namespace=ns-1&pod=pod-2', []],
    ['since=1s', [2]],
    ['since=999999999999d', [2, 1]],
    ['limit=1', [2]],
  ])('asked for %j shows %j, and what waits, which may be of these', async ([query, expected]) => {
    const { shown, waiting } = await ask(query);
    expect([waiting, shown]).toEqual([[3], expected]);
  });

  test('shows ten, 200 where more are asked for, and says so', async () => {
    const usual = await ask('namespace=ns-1&since=1h', many(30));
    expect(usual.shown).toHaveLength(10);
    expect(usual.page).toMatch(
      /The newest 10. <a href="\/\?namespace=ns-1&amp;since=2026-\S+&amp;limit=200">Show up to 200/,
    );
    const most = await ask('limit=5000', many(210));
    expect(most.shown).toHaveLength(200);
    expect(most.page).toContain('The newest 200.');
  });

  test('tells how many of what waits it does not show', async () => {
    const waiting = Array.from({ length: 25 }, (_, n) => pendingKill(n + 1));
    const shown = await ask('', waiting);
    expect(shown.waiting).toHaveLength(20);
    expect(shown.page).toContain('and 5 more that wait');
  });

  test('tells who may see one namespace nothing of the others', async () => {
    const { page, waiting, shown } = await ask('namespace=ns-2', KILLS, 'namespace');
    expect([waiting, shown]).toEqual([[], [2]]);
    expect(page).toContain('1 kill</b> waiting');
    expect(page).not.toContain('neighbour');
    expect(page).toContain('only who may see all of them');
  });

  test('shows what somebody asked for as text', async () => {
    const { page } = await ask(`namespace=${encodeURIComponent('"><script>alert(1)')}`);
    expect(page).toContain('value="&quot;&gt;&lt;script&gt;alert(1)"');
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  test('says which parameter is wrong', async () => {
    expect(await ask('limit=0')).toMatchObject({
      status: 400,
      page: 'limit is no whole number, 1 or more\n',
    });
  });
});
