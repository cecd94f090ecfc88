import { expect, test } from 'vitest';
import {
  aggregateByContainer,
  aggregateByReason,
  eventKey,
  spamKeyByContainer,
  spamKeyByObject,
} from '../../src/correlator/event-keys.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';
import { killEvent } from '../support/kill-event.ts';

const EVENT = killEvent({ atMs: 0, id: 1 });
const CHANGES: Record<string, RecordedEvent> = {
  container: killEvent({ atMs: 0, id: 1, container: 'sidecar' }),
  reason: killEvent({ atMs: 0, id: 1, reason: 'SystemOOM' }),
  message: killEvent({ atMs: 0, id: 1, message: 'another' }),
  pod: killEvent({ atMs: 0, id: 1, pod: 'pod-2' }),
};

test.each([
  ['the key of an Event', eventKey, ['container', 'reason', 'message', 'pod']],
  ["client-go's group", aggregateByReason, ['reason', 'pod']],
  ['our group', aggregateByContainer, ['container', 'reason', 'pod']],
  ["client-go's bucket", spamKeyByObject, ['pod']],
  ['our bucket', spamKeyByContainer, ['container', 'reason', 'pod']],
])('%s is another for another %3$s', (_, keyOf, differing) => {
  const different = Object.entries(CHANGES).filter(([, event]) => keyOf(event) !== keyOf(EVENT));
  expect(different.map(([change]) => change)).toEqual(differing);
});
