import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadYaml } from '@kubernetes/client-node';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeEpisode } from '../../src/outputs/describe-episode.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import { type CliRun, runFake } from '../support/fake-edge.ts';
import { BOOT, pendingKill, storedKill, storeWith, TASKS } from '../support/history.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** What runFake's clock says: kills of fourteen, thirteen and twelve minutes before. */
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const MINUTE_MS = 60_000;
const KILLS: readonly StoredEpisode[] = [
  storedKill(100, 1, { atMs: NOW_MS - 14 * MINUTE_MS, tasks: TASKS }),
  storedKill(200, 2, { atMs: NOW_MS - 13 * MINUTE_MS, victim: { pid: 7, comm: 'a\x1b[2Jb?' } }),
  pendingKill(300, { atMs: NOW_MS - 12 * MINUTE_MS }),
];

let directory: string;
const history = (...args: string[]): Promise<CliRun> =>
  runFake(['history', '--state-dir', directory, '--node-name', 'node-1', ...args]);
const show = (...args: string[]): Promise<CliRun> =>
  runFake(['history', '--state-dir', directory, 'show', ...args]);

beforeEach(() => {
  directory = tempDirectory();
  storeWith(KILLS, directory)[Symbol.dispose]();
});

describe('history', () => {
  test('prints a table as kubectl does, the newest last, no name as it is', async () => {
    expect(await history()).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'NAMESPACE   POD         CONTAINER   LIMIT            VICTIM           KILLED   AGE   ID',
        'ns-1        pod-1       app         container 64Mi   java (1100)      1        14m   3f1c2b9e-100',
        String.raw`ns-2        pod-2       app         container 64Mi   a\x1b[2Jb? (7)   1        13m   3f1c2b9e-200`,
        '<pending>   <pending>   <pending>   <pending>        java (1300)      1        12m   3f1c2b9e-300',
        '',
      ].join('\n'),
    });
  });

  test('says more in a wide one', async () => {
    const { stdout } = await history('-o', 'wide', '--limit', '2');
    expect(stdout).toMatch(/ ID +TIME +MESSAGE\n/);
    expect(stdout).toContain(
      `${BOOT}-200   2026-11-22T11:47:00.000Z   Memory limit of container app (64Mi)`,
    );
    expect(stdout).not.toContain('ns-1');
  });

  test('prints in JSON and YAML what docs/webhook.md names, the newest first', async () => {
    const node = { name: 'node-1' };
    const episodes = KILLS.toReversed().map((one) =>
      describeEpisode(one, { node, taskTables: false }),
    );
    const document = {
      schemaVersion: 1,
      node: 'node-1',
      recordedSince: '2026-11-22T11:46:00.000Z',
      episodes: JSON.parse(JSON.stringify(episodes)) as unknown,
    };
    const { stdout } = await history('-o', 'json');
    expect(stdout).toBe(`${JSON.stringify(document, undefined, 2)}\n`);
    expect(loadYaml((await history('-o', 'yaml')).stdout)).toEqual(document);
    const lines = (await history('-o', 'ndjson')).stdout.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(document.episodes);
  });

  test.for<[string[], number[]]>([
    [['-n', 'ns-1'], [100]],
    [['--pod', 'pod-2'], [200]],
    [['--container', 'app', '--namespace', 'ns-2'], [200]],
    [
      ['--since', '13m30s'],
      [200, 300],
    ],
    [['--since', '2026-11-22T11:47:30Z'], [300]],
    [
      ['--since', '2026-11-22'],
      [100, 200, 300],
    ],
    [['--since', '2026-11-23'], []],
    [['--limit', '1'], [300]],
  ])('with %j prints %j', async ([args, sequences]) => {
    const { stdout } = await history(...args);
    const ids = [...stdout.matchAll(/3f1c2b9e-(\d+)\n/g)].map(([, sequence]) => Number(sequence));
    expect(ids).toEqual(sequences);
  });

  test.for([
    ['table', ''],
    [
      'json',
      '{\n  "schemaVersion": 1,\n  "node": "node-1",\n  "recordedSince": "2026-11-22T11:46:00.000Z",\n  "episodes": []\n}\n',
    ],
    ['ndjson', ''],
  ])('says that it found none, in %s', async ([output = '', stdout]) => {
    const found = await history('-n', 'nobody', '-o', output);
    expect(found).toEqual({ code: 0, stdout, stderr: 'No OOM kills found.\n' });
  });

  test.for([['--since', 'yesterday'], ['--limit', '0'], ['--limit', 'x'], ['-o', 'xml'], ['foo']])(
    'takes %j for wrong usage',
    async (args) => {
      expect(await history(...args)).toMatchObject({ code: 2, stdout: '' });
    },
  );

  test('reads while the agent runs, and what it has not checkpointed', async () => {
    using running = storeWith([storedKill(400, 3)], directory);
    expect((await history()).stdout).toContain('3f1c2b9e-400\n');
    running.episodes.add(storedKill(500, 3));
    expect((await history()).stdout).toContain('3f1c2b9e-500\n');
    expect(running.writable).toBe(true);
  });

  test('leaves the state directory as it is', async () => {
    const before = readdirSync(directory).map((name) => [
      name,
      readFileSync(join(directory, name)),
    ]);
    await history();
    await show('100');
    expect(
      readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]),
    ).toEqual(before);
  });

  test('finds the state of an agent that prints', async () => {
    const root = tempDirectory();
    mkdirSync(join(root, 'printed'));
    copyFileSync(join(directory, 'state.db'), join(root, 'printed', 'state.db'));
    directory = root;
    expect((await history()).stdout).toContain('3f1c2b9e-100\n');
  });

  test('reads the file of an earlier version', async () => {
    copyFileSync('test/testdata/state/version-3.db', join(directory, 'state.db'));
    const { code, stdout } = await history('-o', 'ndjson');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\{"id":"boot-1-\d+"/);
    expect(readFileSync(join(directory, 'state.db'))).toEqual(
      readFileSync('test/testdata/state/version-3.db'),
    );
  });
});

describe('a history that cannot be read is said to be', () => {
  test.for<[string, () => void, RegExp]>([
    [
      'not there',
      () => (directory = join(directory, 'nowhere')),
      /nowhere: there is no state file.*--state-dir/,
    ],
    [
      'no database',
      () => writeFileSync(join(directory, 'state.db'), 'x'.repeat(5000)),
      /state\.db: it cannot be read: file is not a database/,
    ],
    [
      'empty',
      () => writeFileSync(join(directory, 'state.db'), ''),
      /it is no state file of oom-recorder/,
    ],
    [
      'of a later version',
      () => alter('PRAGMA user_version = 99'),
      /it is of version 99, and this oom-recorder reads up to 4/,
    ],
    [
      'damaged in a row',
      () => alter(`UPDATE episodes SET episode = '{'`),
      /it cannot be read: .*JSON/,
    ],
  ])('%s', async ([, damage, said]) => {
    damage();
    for (const run of [history, () => show('100')]) {
      const { code, stderr } = await run();
      expect(code).toBe(1);
      expect(stderr).toMatch(said);
      expect(stderr).toMatch(/^error: Reading the history in .*\[E_HISTORY\]\n$/);
    }
  });

  function alter(sql: string): void {
    using db = new DatabaseSync(join(directory, 'state.db'));
    db.exec(sql);
  }
});

describe('history show', () => {
  test.for(['100', 'oom-100', '3f1c2b9e-100', '3f1c-100', `${BOOT}-100`])(
    'explains %s',
    async (id) => {
      const { code, stdout, stderr } = await show(id);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(
        /^OOM kill oom-100, 2026-11-22T11:46:00.000Z\nMemory limit of container app/,
      );
      expect(stdout).toContain('only the largest tasks of the');
    },
  );

  test('explains as explain does, in each of its forms', async () => {
    expect(JSON.parse((await show('200', '-o', 'json')).stdout)).toMatchObject({
      id: 'oom-200',
      pod: { namespace: 'ns-2' },
    });
    expect((await show('-o', 'markdown', '200')).stdout).toMatch(/^#+ /);
    expect((await runFake(['history', 'show', '--state-dir', directory, '200'])).code).toBe(0);
  });

  test('says that an attribution is not decided', async () => {
    const { code, stderr } = await show('300');
    expect([code, stderr]).toEqual([
      0,
      'Whose it was is not decided yet: that waits for news of the pods.\n',
    ]);
  });

  test.for(['7', 'ffff-100'])('fails for %s, which is no episode', async (id) => {
    const { code, stdout, stderr } = await show(id);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `there is no episode ${id}. oom-recorder history prints their ids [E_HISTORY]`,
    );
  });

  test('fails where several have the id, and names them', async () => {
    const bootId = '3f1cffff-6d0a-4c39-9a51-0c7f2f6f9a10';
    storeWith([{ ...storedKill(100, 1), bootId }], directory)[Symbol.dispose]();
    const { code, stderr } = await show('3f1c-100');
    expect(code).toBe(1);
    expect(stderr).toContain(`${BOOT}-100, ${bootId}-100. Give more of the id`);
    expect((await show('3f1cf-100')).code).toBe(0);
  });

  test.for(['nonsense', BOOT, '', '100-', '-100x'])(
    'takes %j, which cannot be an id, for wrong usage',
    async (id) => {
      const { code, stdout, stderr } = await show('--', id);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        / is invalid for argument 'id'\. Write it as oom-recorder history prints it/,
      );
    },
  );

  test('takes no id for wrong usage', async () => {
    expect((await show()).code).toBe(2);
    expect((await show('-o', 'table', '100')).code).toBe(2);
  });
});
