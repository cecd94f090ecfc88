import { openRecorder } from '../../src/wiring/open-recorder.ts';
import { BootClock } from '../../src/kmsg/boot-clock.ts';
import { drainLog } from '../../src/kmsg/drain-log.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { openLog } from '../../src/log.ts';
import { OomWatcher } from '../../src/oom-watcher.ts';
import { attributeBy, type Attributor } from '../../src/recorder/attributor.ts';
import { decideStart } from '../../src/recorder/decide-start.ts';
import { KubeSink } from '../../src/outputs/kube-sink.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { newTally } from '../../src/tally.ts';
import { numberedPods } from './kill-report.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { tailLog } from './tailed-log.ts';

/**
 * The agent on a log that is a file, for somebody to kill: everything from the reader to the API
 * server is the real thing, only every third attribution takes a while, so that episodes are
 * pending. Its arguments: the log, the state directory, the kubeconfig, by how many ms its wall clock
 * is ahead, and how many Events a minute there may be. With a line on stdin it ends in an orderly way.
 */
const [path = '', directory = '', kubeconfig = '', aheadMs = '0', max = ''] = process.argv.slice(2);

const BOOT_ID = '11111111-2222-4333-8444-555555555555';
const SLOW_ATTRIBUTION_MS = 150;
const DRAIN_WITHIN_MS = 5000;

const clock = { ...SYSTEM_CLOCK, wallMs: () => Date.now() + Number(aheadMs) };
const atOnce = attributeBy(numberedPods);
const attributor: Attributor = {
  ...atOnce,
  attribute: (episode, watchedMs) =>
    episode.victim.pid % 3 === 0 && watchedMs < SLOW_ATTRIBUTION_MS
      ? { patienceMs: SLOW_ATTRIBUTION_MS }
      : atOnce.attribute(episode, watchedMs),
};

const log = openLog({ level: 'warn', format: 'text' }, (text) => process.stderr.write(text));
const client = new ApiClient(loadKubeconfig(kubeconfig, {}));
const store = new StateStore({ directory, historyMax: 10_000, log, nowMs: clock.wallMs });
const facts = { bootId: BOOT_ID, startAt: 'boot' } as const;
const start = decideStart({ ...facts, cursor: store.cursor.read() });
const recorder = openRecorder(
  {
    store,
    sink: new KubeSink(client),
    origin: { node: { name: 'crash-node' }, bootId: BOOT_ID },
    start,
    maxEventsPerMinute: max === '' ? undefined : Number(max),
    attributor,
    log,
  },
  { clock },
);
const watching = new OomWatcher({
  openLog: (gate) => drainLog({ open: () => tailLog(path), gate, clock }),
  startPoint: start.point,
  recordClock: new BootClock(clock),
  consumer: () => recorder,
  tally: newTally(),
  trustUserspace: false,
}).start({ name: 'crash-node' });
process.stdin.once('data', () => watching.stop());
process.stdout.write('reading\n');
await watching.done;
await recorder.settled(AbortSignal.timeout(DRAIN_WITHIN_MS));
await recorder.stop(DRAIN_WITHIN_MS);
process.stdout.write(`${JSON.stringify(store.outbox.waiting())}\n`);
process.exit(0);
