import type { Edge } from '../edge.ts';
import { ApiClient } from '../kube/api-client.ts';
import { REVIEW_TIMEOUTS } from '../kube/token-reviewer.ts';
import { EventPrinter } from '../outputs/event-printer.ts';
import { KubeSink } from '../outputs/kube-sink.ts';
import { SavedLogError } from '../kmsg/kmsg-errors.ts';
import { isPosted } from '../pods/posted-namespaces.ts';
import { newTally, type Tally } from '../tally.ts';
import { type AgentOptions, readOptions } from '../wiring/agent-options.ts';
import { checkAtStart } from '../wiring/check-at-start.ts';
import { openCounters, saveCounters } from '../wiring/open-counters.ts';
import { openCounting } from '../wiring/open-counting.ts';
import { openOutputs } from '../wiring/open-outputs.ts';
import { openPods } from '../wiring/open-pods.ts';
import { openRecorder } from '../wiring/open-recorder.ts';
import { openStore, startOf } from '../wiring/open-store.ts';
import { openTelemetry } from '../wiring/open-telemetry.ts';
import { sayStopped } from '../wiring/say-stopped.ts';
import { startWatching } from '../wiring/start-watching.ts';

/** What may take longer than this when the agent ends stays in the outbox. */
const DRAIN_WITHIN_MS = 5_000;
/** Nobody needs to be protected from what is printed: every Event is printed as it is. */
const UNLIMITED = { maxEvents: 1_000_000_000, burstSize: 1_000_000_000 };

/** The agent: watches the kernel log until it is told to stop, or the log ends. */
export async function run(options: AgentOptions, edge: Edge): Promise<void> {
  const setup = readOptions(options, edge);
  const { log, node, bootId, kind, cluster } = setup;
  const { nodeEvents, source } = options;
  const { clock } = edge;
  const tally = newTally();
  using counting = kind === 'kernel' ? openCounting(options, tally, log, edge) : undefined;

  await using client = cluster === undefined ? undefined : new ApiClient(cluster);
  await using reviews = cluster === undefined ? undefined : new ApiClient(cluster, REVIEW_TIMEOUTS);
  using store = openStore(options, cluster === undefined, log, edge);
  using pods = openPods({ ...setup, client, store, recordsLost: () => tally.lost }, edge);
  pods.changed$.subscribe((pod) => counting?.notes.note(pod));
  const counters = openCounters(store, pods.known, () => clock.wallMs(), tally);
  const outputs = openOutputs(setup.outputs, { store, counters, clock, log });
  const start = source === 'kmsg' ? startOf(options, kind, bootId, store) : undefined;
  const printed = new EventPrinter(options.output, edge.print, () => clock.wallMs());
  const recorder = openRecorder(
    {
      store,
      origin: { node, bootId, wants: isPosted(options) },
      start,
      log,
      attributor: pods.attributor,
      nodeEvents,
      survived: counting?.survived,
      baselines: () => counting?.ledger.baselines(),
      killsLost: () => counting?.audit.killsLost,
      victimsLost: () => counting?.marks?.takeLost() ?? [],
      sink: client === undefined ? printed : new KubeSink(client),
      correlator: client === undefined ? UNLIMITED : {},
      maxEventsPerMinute: client === undefined ? undefined : options.maxEventsPerMinute,
      counters,
      onRecorded: () => outputs.wake(),
    },
    edge,
  );
  const watching = startWatching(
    options,
    { setup, store, start, counting, consumer: recorder, tally },
    edge,
  );
  const stopChecking = checkAtStart(options, setup, client, { clock, random: Math.random });
  try {
    const { audit, marks } = counting ?? {};
    const isConfirming = marks !== undefined || source === 'tracefs';
    const counted = { tally, counters, audit, isConfirming };
    const seen = { source, reviews, store, pods, outputs, watching, ...counted };
    await using server = await openTelemetry(options, { ...setup, ...seen }, edge);
    if (server !== undefined) log.info({ port: server.port }, 'serving metrics and health');
    await watching.done;
    if (kind === 'saved') expectRecords(options.kmsg, tally);
    await recorder.settled(edge.signal);
  } finally {
    stopChecking();
    await Promise.all([recorder.stop(DRAIN_WITHIN_MS), outputs.drain(DRAIN_WITHIN_MS)]);
    store.transaction(() => saveCounters(store, counters));
    sayStopped(store, options.stateDir !== undefined && store.writable, log);
  }
}

/** "No kill" of a file in another form would be a guess. @throws SavedLogError */
function expectRecords(path: string, { records, malformed }: Tally): void {
  if (records > 0 || malformed === 0) return;
  throw new SavedLogError(
    `${path} has no raw records of /dev/kmsg, none of its ${malformed} lines is one; oom-recorder replay reads other forms`,
  );
}
