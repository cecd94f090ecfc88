import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { type KillFormat, KillPrinter } from '../../src/kubectl-oom/kill-printer.ts';
import { AT_MS } from '../support/an-episode.ts';
import { aNodeKill, anOomKill } from '../support/oom-kill.ts';

const printer = (format: KillFormat, isWatch = false): KillPrinter =>
  new KillPrinter({ format, isWatch, source: 'events', withNamespace: true });

const ITEM = {
  episode: 'boot-1',
  namespace: 'shop',
  pod: 'web-0',
  container: 'app',
  node: 'node-1',
  process: { name: 'java', pid: 4242, anonRssBytes: 522_190_848 },
  killedProcesses: 1,
  limitLevel: 'container',
  limitBytes: 536_870_912,
  usageBytes: 536_870_912,
  context: 'full',
  reason: 'OOMKilling',
  message: 'Memory limit of container app (512Mi) reached: killed process java (pid 4242)',
  count: 1,
  firstTime: '2026-11-22T15:03:05.678Z',
  lastTime: '2026-11-22T15:03:05.678Z',
  event: 'shop/web-0.1',
};
const LIST = { apiVersion: 'oom-recorder.dev/v1', kind: 'OomKillList', source: 'events' };

describe('kills are printed', () => {
  test('as one JSON or YAML document', () => {
    const list = { ...LIST, items: [ITEM] };
    expect(JSON.parse(printer('json').render([anOomKill()], AT_MS))).toEqual(list);
    expect(load(printer('yaml').render([anOomKill()], AT_MS))).toEqual(list);
  });

  test('as an empty list where there is none', () => {
    expect(JSON.parse(printer('json').render([], AT_MS))).toEqual({ ...LIST, items: [] });
    expect(printer('table').render([], AT_MS)).toBe('');
  });

  test('as a document each where more come', () => {
    const live = printer('json', true);
    const { apiVersion } = LIST;
    expect(JSON.parse(live.render([anOomKill()], AT_MS))).toEqual({
      apiVersion,
      kind: 'OomKill',
      ...ITEM,
    });
    expect(live.render([], AT_MS)).toBe('');
    expect(printer('yaml', true).render([anOomKill()], AT_MS)).toMatch(/^---\napiVersion/);
  });

  test('that are combined, saying so', () => {
    const text = printer('json').render([anOomKill({ isCombined: true })], AT_MS);
    expect(JSON.parse(text).items[0].isCombined).toBe(true);
  });

  test('as names, each object once and nothing a name cannot be', () => {
    const kills = [anOomKill(), aNodeKill(), anOomKill(), anOomKill({ pod: 'a\nb' })];
    expect(printer('name').render(kills, AT_MS)).toBe('pod/web-0\nnode/node-1\npod/a\\x0ab\n');
  });
});
