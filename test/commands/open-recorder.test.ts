import { beforeEach, describe, expect, test } from 'vitest';
import { openRecorder } from '../../src/commands/open-recorder.ts';
import type { NodeRecorder } from '../../src/recorder/node-recorder.ts';
import { attributeBy } from '../../src/recorder/attributor.ts';
import { decideStart } from '../../src/recorder/decide-start.ts';
import { openLog } from '../../src/log.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { numberedPods } from '../support/kill-report.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const BOOT = 'boot-1';
const log = openLog({ level: 'error', format: 'json' }, () => undefined);

let clock: FakeClock;
let directory: string;

beforeEach(() => {
  clock = new FakeClock();
  directory = tempDirectory();
});

function open(): { readonly counters: Counters; readonly recorder: NodeRecorder } {
  const nowMs = (): number => clock.wallMs();
  const store = new StateStore({ directory, historyMax: 99, log, nowMs });
  const counters = new Counters(() => undefined, nowMs);
  const facts = { bootId: BOOT, startAt: 'boot', isSavedLog: false } as const;
  const recorder = openRecorder(
    {
      store,
      counters,
      log,
      sink: new FakeSink(),
      origin: { node: { name: 'node-1' }, bootId: BOOT },
      start: decideStart({ ...facts, cursor: store.cursor.read() }),
      attributor: attributeBy(numberedPods),
    },
    { clock },
  );
  return { counters, recorder };
}

describe('what is counted', () => {
  test('has every Event the spam filter held back', async () => {
    const { counters, recorder } = open();
    for (let sequence = 10; sequence < 400; sequence += 10) {
      await recorder.record(makeEpisode({ sequence, atMs: sequence }));
    }
    await recorder.stop(0);
    const { skips, posts } = JSON.parse(JSON.stringify(counters));
    expect(skips).toEqual({ held: 39 - 25, dropped: 0 });
    expect(posts.created + posts.patched).toBeGreaterThan(0);
  });
});
