import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type EventSink, eventOutput } from '../../src/outputs/event-output.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FastDirectory } from '../support/fast-directory.ts';
import { TASKS } from '../support/history.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { makeEpisode } from '../support/make-episode.ts';

const FEW = 10_000;
const MANY = 100_000;
/** `--history-max`, unless told. */
const HISTORY_MAX = 10_000;
/** V8 lets its young generation grow to 100 MB where garbage is made without a pause; that is not kept. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1'];
/** What is flat may still breathe; what keeps a hundred bytes of each event is beyond it. */
const MAX_RATIO = 1.5;

const NOBODY = { subjects: [], source: 'none' } as const;

const accepting: EventSink = {
  deliver: ({ verb }) => Promise.resolve(verb === 'create' ? 'created' : 'patched'),
  classify: () => ({ means: 'busy' }),
};
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

interface Measured {
  readonly heapMb: number;
  readonly residentMb: number;
  readonly fileMb: number;
}

/** What the recorder and its store hold after 10,000 events, each of a pod of its own, and after 100,000. */
export function benchEventMemory(print: (line: string) => void): void {
  const said = execFileSync(process.execPath, [...FLAGS, import.meta.filename]);
  print(said.toString().trimEnd());
}

async function compareMemory(print: (line: string) => void): Promise<void> {
  using directory = new FastDirectory();
  const clock = new FakeClock(START_MS);
  const nowMs = (): number => clock.wallMs();
  using store = new StateStore({
    directory: directory.path,
    historyMax: HISTORY_MAX,
    log: silent,
    nowMs,
  });
  const posting = { clock, random: () => 0.5, log: silent, tally: nothing };
  const poster = eventOutput(store.outbox, accepting, posting);
  const recorder = new EventRecorder({ store, poster, host: 'node-1', clock, log: silent });
  const measure = async (until: number): Promise<Measured> => {
    for (; recorded < until; recorded += 1) await record(recorded);
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const files = readdirSync(directory.path).map((file) => statSync(join(directory.path, file)));
    const fileBytes = files.reduce((sum, { size }) => sum + size, 0);
    return {
      heapMb: megabytes(heapUsed),
      residentMb: megabytes(rss),
      fileMb: megabytes(fileBytes),
    };
  };
  let recorded = 0;
  const record = async (sequence: number): Promise<void> => {
    const atMs = 1000 * sequence;
    const episode = { ...makeEpisode({ sequence, atMs, pod: sequence }), tasks: TASKS };
    const event = killEvent({ atMs, id: sequence, pod: `pod-${sequence}` });
    const entry = { bootId: 'boot-1', state: 'recorded', enteredMs: nowMs(), episode } as const;
    store.transaction(() => {
      store.episodes.add(entry);
      recorder.record({ episode, attribution: NOBODY, events: [event] });
    });
    await clock.advance(1000);
  };
  const few = await measure(FEW);
  const many = await measure(MANY);
  if (store.outbox.waiting().rows > 0) throw new Error('not everything was posted');
  print(row('', `${FEW} events`, `${MANY} events`, 'ratio'));
  print(compare('heap, MB', few.heapMb, many.heapMb));
  print(compare('resident, MB', few.residentMb, many.residentMb));
  print(compare('state file and WAL, MB', few.fileMb, many.fileMb));
  if (many.heapMb > few.heapMb * MAX_RATIO || many.residentMb > few.residentMb * MAX_RATIO)
    throw new Error('memory grows with the events');
}

function compare(title: string, few: number, many: number): string {
  return row(title, few.toFixed(1), many.toFixed(1), `${(many / few).toFixed(2)}×`);
}

function row(title: string, ...cells: readonly string[]): string {
  return [title.padEnd(24), ...cells.map((cell) => cell.padStart(16))].join('');
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}

function nothing(): void {
  // Nobody listens.
}

if (import.meta.main) await compareMemory((line) => console.log(line));
