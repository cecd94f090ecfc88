import { expect, test } from 'vitest';
import {
  type AggregateRecord,
  EventAggregator,
  joinGroup,
} from '../../src/correlator/aggregate-events.ts';
import { withDefaults } from '../../src/correlator/correlator-options.ts';
import { RowMap } from '../../src/correlator/row-map.ts';
import { killEvent } from '../support/kill-event.ts';

const THREE = { maxEvents: 3, maxIntervalInSeconds: 600 };

/** Which of these messages, a second apart, are combined. */
function combinedOf(messages: readonly string[]): string[] {
  let record: AggregateRecord | undefined;
  return messages.filter((message, second) => {
    const group = joinGroup(record, message, second * 1000, THREE);
    ({ record } = group);
    return group.combined;
  });
}

test.each([
  ['the third message is combined, and those after it', ['a', 'b', 'c', 'd'], ['c', 'd']],
  ['a message that repeats is one message', ['a', 'a', 'a', 'b'], []],
  ['the first ones keep Events of their own', ['a', 'b', 'c', 'a', 'b'], ['c']],
  [
    'the one thrown out is the last that came',
    ['a', 'b', 'c', 'c', 'd', 'c'],
    ['c', 'c', 'd', 'c'],
  ],
])('%s', (_, messages, combined) => {
  expect(combinedOf(messages)).toEqual(combined);
});

test('a group ends 600 s after its last Event, and not before', () => {
  const record = { localKeys: ['a', 'b'], lastMs: 0 };
  expect(joinGroup(record, 'c', 600_000, THREE).combined).toBe(true);
  expect(joinGroup(record, 'c', 600_001, THREE)).toEqual({
    record: { localKeys: ['c'], lastMs: 600_001 },
    combined: false,
  });
});

test('what tells an Event from others of its group is its message', () => {
  const groups = new RowMap<AggregateRecord>();
  const kill = killEvent({ atMs: 5, id: 1 });
  new EventAggregator(withDefaults({}), groups).aggregate(kill, 5);
  expect(groups.takeChanges()).toMatchObject([{ value: { localKeys: [kill.message] } }]);
});

test('a combined Event keeps its container and leaves the annotations of one kill behind', () => {
  const aggregator = new EventAggregator(withDefaults({ maxEvents: 1 }), new RowMap());
  const kill = killEvent({ atMs: 5, id: 1, container: 'sidecar' });
  const { event, key, groupKey } = aggregator.aggregate(kill, 5);
  expect(key).toBe(groupKey);
  expect(event).toEqual({
    ...kill,
    metadata: { name: kill.metadata.name, namespace: 'shop' },
    message: '(combined from similar events): killed process java (pid 1001)',
  });
});
