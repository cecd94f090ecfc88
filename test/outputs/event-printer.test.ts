import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { EventPrinter, type EventFormat } from '../../src/outputs/event-printer.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';

const FIRST = killEvent({ atMs: 0, id: 1, message: 'first' });
const SECOND = killEvent({ atMs: 0, id: 2, message: 'second', container: 'sidecar' });

const ROW = { id: 1, enteredAtMs: START_MS, objectKey: 'pod-1' };

async function print(format: EventFormat, afterMs = 7000): Promise<string> {
  let printed = '';
  const printer = new EventPrinter(
    format,
    (text) => (printed += text),
    () => START_MS + afterMs,
  );
  for (const event of [FIRST, SECOND]) {
    await printer.deliver({ ...ROW, verb: 'create', event });
  }
  return printed;
}

describe('EventPrinter prints', () => {
  test('a table with one header', async () => {
    const [header, ...rows] = (await print('table')).trimEnd().split('\n');
    expect(header).toMatch(/^NAMESPACE +LAST SEEN +TYPE +REASON +OBJECT +MESSAGE$/);
    expect(rows).toEqual([
      expect.stringMatching(/^\S+ +7s +Warning +OOMKilling +pod\/pod-1 +first$/),
      expect.stringMatching(/ second$/),
    ]);
  });

  test('a wide table with container, source and name', async () => {
    const [header, row] = (await print('wide')).split('\n');
    expect(header).toMatch(/ SUBOBJECT +SOURCE +MESSAGE +FIRST SEEN +COUNT +NAME$/);
    expect(row).toContain('spec.containers{app}');
    expect(row).toContain(FIRST.metadata.name);
  });

  test('one JSON object a line', async () => {
    const lines = (await print('ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { message: 'first', lastTimestamp: new Date(START_MS).toISOString() },
      { message: 'second' },
    ]);
  });

  test('YAML documents that kubectl reads', async () => {
    const documents = (await print('yaml')).split('---\n').filter((text) => text !== '');
    expect(documents.map((text) => loadYaml(text))).toMatchObject([
      { message: 'first', involvedObject: { name: 'pod-1' } },
      { message: 'second' },
    ]);
  });

  test('JSON, indented', async () => {
    expect(await print('json')).toMatch(/^\{\n {2}"metadata": \{\n {4}"name"/);
  });

  test.each([
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [2 * 3_600_000, '120m'],
    [48 * 3_600_000, '2d'],
    [-5000, '0s'],
  ])('an age of %d ms as %s', async (afterMs, age) => {
    expect((await print('table', afterMs)).split('\n')[1]).toMatch(new RegExp(` ${age} +Warning`));
  });

  test('a patch as the whole Event that it makes', async () => {
    let printed = '';
    const printer = new EventPrinter(
      'ndjson',
      (text) => (printed += text),
      () => START_MS,
    );
    const patch = { count: 3, lastTimestamp: '', message: '' };
    await printer.deliver({ ...ROW, verb: 'patch', event: { ...FIRST, count: 3 }, patch });
    expect(JSON.parse(printed)).toMatchObject({ count: 3, message: 'first' });
  });
});
