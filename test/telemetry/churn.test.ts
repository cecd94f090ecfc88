import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCounters, saveCounters } from '../../src/wiring/open-counters.ts';
import { savePods } from '../../src/wiring/save-pods.ts';
import { attribute } from '../../src/pods/attribute.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { newTally } from '../../src/tally.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { entryOf, running } from '../support/pod-json.ts';
import { metricsOf } from '../support/telemetry.ts';

const MINUTE_MS = 60_000;
const CONTAINERS = 10_000;
const ONE_EVERY_MS = 6_000;
const LIVES_MS = MINUTE_MS;
/** After a container came its kill is read so late at most. */
const LATE_MS = 4 * MINUTE_MS;
/** Their metrics outlive them and their kills by 15 minutes, their rows by twice that. */
const KNOWN = (LIVES_MS + 15 * MINUTE_MS) / ONE_EVERY_MS;
const SHOWN = (LATE_MS + 15 * MINUTE_MS) / ONE_EVERY_MS;
const STORED = (LIVES_MS + 30 * MINUTE_MS) / ONE_EVERY_MS;

/** A node in virtual time: its pods, its kills, its store and what it shows. */
function setUp() {
  const scheduler = new VirtualTimeScheduler();
  const nowMs = (): number => scheduler.now();
  const log = new MemoryLog();
  const store = new StateStore({ directory: undefined, historyMax: 9, log, nowMs });
  const directory = new LiveDirectory(nowMs);
  const saving = savePods(directory, store, nowMs, scheduler);
  onTestFinished(() => saving.unsubscribe());
  const counters = openCounters(store, () => directory.entries(), nowMs, newTally());
  const metrics = metricsOf({ counters });
  const kill = (pod: number): void => {
    const episode = makeEpisode({ sequence: pod, pod });
    const recorded = { episode, attribution: attribute(episode, directory), events: [] };
    counters.recorded(recorded);
    saveCounters(store, counters);
  };
  const pod = (number: number) => {
    const [, uid = '', id = ''] = /\/pod([^/]+)\/(.+)$/.exec(cgroupOf(number)) ?? [];
    return entryOf({
      name: `job-${number}`,
      uid,
      containers: [{ name: 'app', status: { ...running(id) } }],
    });
  };
  const come = (number: number) => directory.apply({ kind: 'applied', pod: pod(number) });
  const go = (number: number) => directory.apply({ kind: 'deleted', pod: pod(number) });
  const at = (ms: number, work: () => void) => scheduler.schedule(work, ms - nowMs());
  directory.apply({ kind: 'replaced', pods: [] });
  return { scheduler, at, store, directory, metrics, kill, come, go };
}

function cgroupOf(pod: number): string {
  return makeEpisode({ sequence: pod, pod }).taskMemcg ?? '';
}

function largest(sizes: Record<string, number>, now: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(now)) sizes[name] = Math.max(sizes[name] ?? 0, size);
}

/** How much there is of everything that grows with containers. */
async function sizesOf({ store, directory, metrics }: ReturnType<typeof setUp>) {
  const series = await metrics.render();
  return {
    series: series.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    known: directory.entries().length,
    rows: store.containers.rows().length,
    kills: store.kills.rows().length,
  };
}

describe('10,000 containers that come, are hurt and go', () => {
  test('leave what is shown, held and stored bounded by those of the last minutes', async () => {
    const node = setUp();
    const { scheduler, at, kill, come, go } = node;
    const idle = (await sizesOf(node)).series;
    const most: Record<string, number> = {};
    for (let n = 0; n < CONTAINERS; n += 1) {
      at(n * ONE_EVERY_MS, () => come(n));
      at(n * ONE_EVERY_MS + LIVES_MS, () => go(n));
      // The log may be read late, and a stranger's pod is nobody's here.
      if (n % 2 === 0) at(n * ONE_EVERY_MS + (n % 5) * (LATE_MS / 4), () => kill(n));
      if (n % 10 === 0) at(n * ONE_EVERY_MS, () => kill(CONTAINERS + n));
      if (n % 100 > 0) continue;
      scheduler.maxFrames = n * ONE_EVERY_MS;
      scheduler.flush();
      largest(most, await sizesOf(node));
    }
    expect(most['series']).toBeGreaterThan(idle + SHOWN / 2);
    expect(most['series']).toBeLessThanOrEqual(idle + SHOWN + 1);
    expect(most['known']).toBeLessThanOrEqual(KNOWN + 1);
    expect(most['rows']).toBeLessThanOrEqual(STORED + 1);
    expect(most['kills']).toBeLessThanOrEqual(SHOWN + 1);

    scheduler.maxFrames = Infinity;
    scheduler.flush();
    at(scheduler.now() + 15 * MINUTE_MS + 1, () => come(0));
    scheduler.flush();
    expect(await sizesOf(node)).toMatchObject({ series: idle + 1, known: 1, rows: 1 });
  });

  test('of an earlier run are forgotten with the first change of this one', () => {
    const { scheduler, store, directory, come } = setUp();
    store.containers.put([{ key: 'uid-of-old', value: {} }]);
    come(1);
    scheduler.flush();
    const [entry] = directory.entries();
    expect(store.containers.rows().map(({ key }) => key)).toEqual([entry?.uid]);
  });
});
