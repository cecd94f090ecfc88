import type { OutboxRow, UnreadableRow } from '../store/outbox-row.ts';
import { type Outbox, OutboxQueue } from './outbox-queue.ts';
import { Output } from './output.ts';
import type { OutputClient } from './output-client.ts';
import type { Outcome, OutputEnv, OutputWords } from './output-report.ts';

/** How a row got there. `exists`: an earlier attempt had got there and we did not hear. */
export type Posted = 'created' | 'patched' | 'exists' | 'expired-recreated';

/** What came of one attempt, or of a row that could not be tried; the label of the metric. */
export type PostOutcome = Outcome<Posted> | UnreadableRow['verb'];

/** Where Events go: the API server, or a terminal. */
export type EventSink = OutputClient<OutboxRow, Posted>;

const WORDS: OutputWords<OutboxRow> = {
  delivered: 'event posted',
  cannot: 'cannot post events, they wait in the outbox',
  waits: 'event waits to be tried again',
  again: 'posting events again',
  unreadable: 'cannot read the outbox',
  dropped: ({ quiet }) => (quiet ? 'event dropped with its namespace' : 'event dropped'),
  facts: ({ id, verb, event }) => {
    const { name, namespace } = event.metadata;
    return { row: id, verb, event: name, namespace, reason: event.reason };
  },
};

/** Posts what is in the outbox: of each object in the order of its rows. */
export function eventOutput(
  outbox: Outbox,
  sink: EventSink,
  env: OutputEnv<PostOutcome>,
): Output<OutboxRow, Posted> {
  const queue = new OutboxQueue(outbox, ({ id, verb, err }) => {
    env.tally(verb, 1);
    env.log.error(
      { row: id, outcome: verb, err },
      WORDS.dropped({ outcome: 'refused', quiet: false }),
    );
  });
  return new Output({ queue, client: sink, words: WORDS }, env);
}
