import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { describeEpisode } from '../../src/outputs/describe-episode.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import type { Access } from '../../src/telemetry/access.ts';
import { answerEpisodes } from '../../src/telemetry/episode-api.ts';
import { pendingKill, storedKill, storeWith, TASKS } from '../support/history.ts';
import { START_MS } from '../support/kill-event.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const NODE = { name: 'node-1', uid: 'uid-of-node-1' };
const INVOKER = { comm: 'secret', gfpMask: '0xcc0', order: 0, oomScoreAdj: 0 };
const KILLS = [
  storedKill(1, 1, { tasks: TASKS, invoker: INVOKER }),
  storedKill(2, 2, { tasks: TASKS, invoker: INVOKER, oomMemcg: undefined, limitLevel: 'system' }),
  pendingKill(3),
];

interface Told {
  readonly status: number;
  readonly document: {
    readonly episodes: readonly Readonly<Record<string, unknown>>[];
    readonly error?: string;
  };
}

async function ask(
  query: string,
  kills: readonly StoredEpisode[] = KILLS,
  access: Access = 'all',
): Promise<Told> {
  using store = storeWith(kills);
  const source = {
    node: NODE,
    ask: (question) => store.episodes.ask(question),
    clock: { ...SYSTEM_CLOCK, wallMs: () => START_MS + 3000 },
    records: () => 0,
  } as const satisfies Parameters<typeof answerEpisodes>[0];
  const { status, body } = answerEpisodes(source, new URLSearchParams(query), access);
  const text =
    typeof body === 'string' || Buffer.isBuffer(body) ? String(body) : await readText(body);
  return { status, document: JSON.parse(text) as Told['document'] };
}

const sequences = async (query: string): Promise<unknown[]> =>
  (await ask(query)).document.episodes.map(({ sequence }) => sequence);

describe('the episodes', () => {
  test('are told newest first, each as a webhook is sent it', async () => {
    const { status, document } = await ask('');
    expect(status).toBe(200);
    const episodes = KILLS.toReversed().map((kill) =>
      describeEpisode(kill, { node: NODE, taskTables: false }),
    );
    expect(document).toEqual({
      schemaVersion: 1,
      node: 'node-1',
      recordedSince: '2026-11-21T12:00:01.000Z',
      episodes: JSON.parse(JSON.stringify(episodes)) as unknown,
    });
    expect(document.episodes[0]).toMatchObject({ state: 'pending', sequence: 3 });
  });

  test('are none, with nothing to speak for', async () => {
    expect((await ask('', [])).document).toEqual({
      schemaVersion: 1,
      node: 'node-1',
      episodes: [],
    });
  });

  test.for<[string, number[]]>([
    ['namespace=ns-1', [1]],
    ['pod=pod-2', [2]],
    ['container=app', [2, 1]],
    ['namespace=ns-1&pod=pod-2', []],
    ['since=1s', [3, 2]],
    ['since=2026-11-21T12:00:03Z', [3]],
    ['limit=2', [3, 2]],
    ['limit=999999999', [3, 2, 1]],
  ])('for %s are %j', async ([query, expected]) => {
    expect(await sequences(query)).toEqual(expected);
  });

  test('are a hundred unless more are asked for, and a thousand at most', async () => {
    const many = Array.from({ length: 1100 }, (_, n) => storedKill(n + 1, 1));
    for (const [query, count] of [
      ['', 100],
      ['limit=500', 500],
      ['limit=5000', 1000],
    ] as const)
      expect((await ask(query, many)).document.episodes).toHaveLength(count);
  });

  test('have their tables of tasks where they are asked for', async () => {
    expect((await ask('')).document.episodes[1]).not.toHaveProperty('tasks');
    expect((await ask('tasks=false')).document.episodes[1]).not.toHaveProperty('tasks');
    expect((await ask('tasks=true')).document.episodes[1]).toMatchObject({ tasks: TASKS });
  });

  test('tell one namespace nothing of the others: no table of the whole node', async () => {
    const own = await ask('namespace=ns-1&tasks=true', KILLS, 'namespace');
    expect(own.document.episodes[0]).toMatchObject({ tasks: TASKS, invoker: INVOKER });
    const shared = (await ask('namespace=ns-2&tasks=true', KILLS, 'namespace')).document
      .episodes[0];
    expect(shared).toMatchObject({ limitLevel: 'system', victim: { comm: 'java' } });
    expect(shared).not.toHaveProperty('tasks');
    expect(shared).not.toHaveProperty('invoker');
  });
});

describe('a wrong parameter is said to be', () => {
  test.for([
    ['since=noon', /^since is no time: write 90m/],
    ['since=', /^since is empty/],
    ['namespace=', /^namespace is empty/],
    ['namespace=a&namespace=b', /^namespace is there more than once/],
    ['limit=0', /^limit is no whole number/],
    ['limit=-1', /^limit/],
    ['limit=1e3', /^limit/],
    ['tasks=yes', /^tasks is neither true nor false/],
    ['ns=shop', /^"ns" is no parameter; there are since, namespace, pod, container, limit, tasks$/],
    ['%1b=', /^"\\u001b" is no parameter/],
  ] as const)('%s', async ([query, error]) => {
    const { status, document } = await ask(query);
    expect(status).toBe(400);
    expect(document).toEqual({ error: expect.stringMatching(error) });
  });

  test('and docs/history.md names every one that there is', async () => {
    const docs = readFileSync('docs/history.md', 'utf8').split('\n## Over HTTP\n')[1] ?? '';
    const named = [...docs.matchAll(/`(\w+)=`(?=.* \|)/g)].map(([, name]) => name);
    const { document } = await ask('x=1');
    const told = document.error?.split('there are ')[1]?.split(', ');
    expect(new Set(told)).toEqual(new Set(named));
  });
});
