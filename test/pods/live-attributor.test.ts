import { NEVER, of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { LiveAttributor } from '../../src/pods/live-attributor.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { oomKilled, podJson, running } from '../support/pod-json.ts';
import { hexId } from '../support/realistic-pod.ts';

const UID = '0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const ID = hexId('app');
const CGROUP = `/kubepods/burstable/pod${UID}/${ID}`;
const END = '1970-01-01T00:00:05Z';

const EPISODE: OomEpisode = {
  sequence: 1,
  lastSequence: 1,
  monotonicUs: 0,
  atMs: 0,
  context: 'suppressed',
  killLines: 1,
  victim: { pid: 42, comm: 'eater' },
  members: [],
  tasks: [],
};
const TOLD = { ...EPISODE, taskMemcg: CGROUP };

const podWith = (status?: object): PodEntry | undefined =>
  toPodEntry(
    podJson({ uid: UID, containers: [{ name: 'app', ...(status && { status: { ...status } }) }] }),
  );

interface Surroundings {
  readonly attributor: LiveAttributor;
  readonly put: (entry: PodEntry | undefined) => void;
}

function surroundings(pod?: PodEntry): Surroundings {
  let known = pod;
  const pods = {
    live$: of(true),
    changed$: NEVER,
    isComplete: true,
    byCgroupUid: (uid: string) => (uid === UID ? known : undefined),
    entries: () => (known === undefined ? [] : [known]),
  };
  return {
    attributor: new LiveAttributor(pods, { nowMs: () => 0 }),
    put: (entry) => (known = entry),
  };
}

const ofContainer = { attribution: { subjects: [{ kind: 'pod', container: { name: 'app' } }] } };

describe('the attributor', () => {
  test('answers at once where the container is known', () => {
    const { attributor } = surroundings(podWith(running(ID)));
    expect(attributor.attribute(TOLD, 0)).toMatchObject(ofContainer);
  });

  test('waits for a container that is not in its pod’s status yet', () => {
    const { attributor, put } = surroundings(podWith());
    expect(attributor.attribute(TOLD, 0)).toEqual({ patienceMs: 30_000 });
    put(podWith(running(ID)));
    expect(attributor.attribute(TOLD, 1)).toMatchObject(ofContainer);
  });

  test('names the pod alone after half a minute', () => {
    const { attributor } = surroundings(podWith());
    expect(attributor.attribute(TOLD, 29_999)).toEqual({ patienceMs: 30_000 });
    const { attribution } = attributor.attribute(TOLD, 30_000);
    expect(attribution?.subjects).toEqual([{ kind: 'pod', pod: expect.anything() }]);
  });

  test('names the node after three seconds without the pod', () => {
    const { attributor } = surroundings();
    expect(attributor.attribute(TOLD, 2999)).toEqual({ patienceMs: 3000 });
    expect(attributor.attribute(TOLD, 3000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }] },
    });
  });

  test('waits longer once the pod is there', () => {
    const { attributor, put } = surroundings();
    put(podWith());
    expect(attributor.attribute(TOLD, 3000)).toEqual({ patienceMs: 30_000 });
  });

  test('says what it knows where nobody can wait', () => {
    const { attributor } = surroundings(podWith());
    const { attribution } = attributor.attribute(TOLD, Infinity);
    expect(attribution?.subjects).toEqual([{ kind: 'pod', pod: expect.anything() }]);
  });

  test('believes a status for a withheld kill, where it is the only one', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const withheld = { ...EPISODE, atMs: 5500 };
    attributor.see(withheld);
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END) } })));
    expect(attributor.attribute(withheld, 9999)).toEqual({ patienceMs: 10_000 });
    const answer = attributor.attribute(withheld, 10_000);
    expect(answer).toMatchObject(ofContainer);
    expect(answer.attribution?.source).toBe('pod-status');
  });

  test('claims no pid where two kills compete for one status', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const [first, second] = [
      { ...EPISODE, atMs: 5500 },
      { ...EPISODE, sequence: 2, atMs: 5600 },
    ];
    for (const episode of [first, second]) attributor.see(episode);
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END) } })));
    const isOneOfSeveral = true;
    expect(attributor.attribute(first, 10_000)).toMatchObject({
      attribution: { ...ofContainer.attribution, isOneOfSeveral },
    });
    expect(attributor.attribute(second, 10_000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }], source: 'none' },
    });
  });

  test('believes a status no longer where late lines told whose it was', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const [first, second] = [
      { ...EPISODE, atMs: 5500 },
      { ...EPISODE, sequence: 2, atMs: 5600 },
    ];
    for (const episode of [first, second]) attributor.see(episode);
    attributor.see({ ...first, taskMemcg: CGROUP });
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END) } })));
    expect(attributor.attribute(second, 10_000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }], source: 'none' },
    });
  });
});
