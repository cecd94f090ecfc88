import { describe, expect, test } from 'vitest';
import { KillTable } from '../../src/kubectl-oom/kill-table.ts';
import { AT_MS } from '../support/an-episode.ts';
import { aNodeKill, anOomKill } from '../support/oom-kill.ts';

const table = (isWide = false, withNamespace = false) => new KillTable({ isWide, withNamespace });
const cells = (text: string): readonly string[] => text.split('\n')[1]?.split(/ {2,}/) ?? [];

describe('the table', () => {
  test('has columns as wide as their longest cell, also for what comes later', () => {
    const some = table();
    expect(some.render([anOomKill(), anOomKill({ pod: 'api' })], AT_MS)).toBe(
      [
        'POD     CONTAINER   PROCESS       LIMIT   LAST   COUNT   NODE\n',
        'web-0   app         java (4242)   512Mi   60s    1       node-1\n',
        'api     app         java (4242)   512Mi   60s    1       node-1\n',
      ].join(''),
    );
    expect(some.render([anOomKill({ pod: 'a-longer-one' })], AT_MS)).toBe(
      'a-longer-one   app         java (4242)   512Mi   60s    1       node-1\n',
    );
  });

  test.each([
    ['a group', { killedProcesses: 4 }, 'java (4242) +3'],
    ['a process without a name', { process: { name: '', pid: 7 } }, '"" (7)'],
    ['a name that moves the cursor', { process: { name: '\x1b[2J', pid: 7 } }, '\\x1b[2J (7)'],
    ['several kills in one', { isCombined: true }, '<combined>'],
  ])('tells the process of %s', (_what, facts, words) => {
    expect(cells(table().render([anOomKill(facts)], AT_MS))[2]).toBe(words);
  });

  test('says what nobody knows, and what there is none of', () => {
    const { process: _p, limitBytes: _l, lastMs: _m, container: _c, ...unknown } = anOomKill();
    const said = cells(table().render([unknown], AT_MS));
    expect(said).toEqual([
      'web-0',
      '<unknown>',
      '<unknown>',
      '<unknown>',
      '<unknown>',
      '1',
      'node-1',
    ]);
    const node = cells(table(false, true).render([aNodeKill()], AT_MS));
    expect(node.slice(0, 5)).toEqual(['<none>', '<none>', '<none>', 'java (4242)', 'system']);
  });

  test('that is wide tells the rest', () => {
    const [titles, row] = table(true)
      .render([anOomKill({ owner: 'StatefulSet/web' })], AT_MS)
      .split('\n');
    expect(titles).toMatch(/NODE +LEVEL +RSS +OWNER +FIRST +MESSAGE$/);
    expect(row).toMatch(
      /node-1 +container +498Mi +StatefulSet\/web +60s +Memory limit of container/,
    );
  });
});
