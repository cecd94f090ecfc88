import { describe, expect, test } from 'vitest';
import {
  differencesFromTruth,
  differencesLive,
  type ToldEpisode,
} from '../../../hack/record-kernel/find-differences.ts';
import { readTruth } from '../../support/kernel-truth.ts';

const POD = '44444444-0000-4000-8000-000000000001';
const CGROUP = `/kubepods/pod${POD}/app one`;
const TRUTH = readTruth([
  '@@PLAYER hack/record-kernel',
  '@@BEGIN single',
  `@@EXPECT pid=7 cg=${CGROUP} comm-hex=686f67`,
  '@@WAIT pid=7 signal=9',
  '@@WAIT pid=8 exit=0',
  '@@COUNTER vmstat oom_kill 1',
  '@@BEGIN leader-exited',
  '@@WAIT pid=9 or=10 signal=9',
  '@@WAIT pid=11 signal=15',
  '@@COUNTER vmstat oom_kill 2',
  '@@BEGIN end',
]);

const HOG: ToldEpisode = {
  sequence: 100,
  killLines: 1,
  context: 'full',
  oomMemcg: CGROUP,
  taskMemcg: CGROUP,
  victim: { pid: 7, comm: 'hog' },
  members: [],
};
const THREAD: ToldEpisode = {
  sequence: 200,
  killLines: 1,
  context: 'suppressed',
  victim: { pid: 10, comm: 'thread' },
  members: [],
};
const TOLD = [HOG, THREAD];

describe('what is told of kills, against the truth', () => {
  test('is the same, whichever number the kernel gave', () => {
    expect(differencesFromTruth(TRUTH, TOLD)).toEqual([]);
  });

  test.for<[string, ToldEpisode, string]>([
    [
      'another name',
      { ...HOG, victim: { pid: 7, comm: 'java' } },
      'process 7 is hog, and told as java',
    ],
    [
      'another cgroup',
      { ...HOG, taskMemcg: '/b' },
      `process 7 was in ${CGROUP}, and told as in /b`,
    ],
    ['more kill lines', { ...HOG, killLines: 2 }, '3 kill lines; the kernel counted 2'],
    [
      'somebody who lives',
      { ...HOG, members: [{ pid: 11, comm: 'java' }] },
      'process java (11) was not killed',
    ],
    [
      'one process by both its numbers',
      { ...HOG, members: [{ pid: 9, comm: 'java' }] },
      'process 9 or 10 was killed, and is named 2 times',
    ],
    [
      'a process twice',
      { ...HOG, members: [{ pid: 10, comm: 'java' }] },
      'a process is killed twice',
    ],
  ])('differs by %s', ([, hog, difference]) => {
    expect(differencesFromTruth(TRUTH, [hog, THREAD])).toEqual([difference]);
  });

  test.for([
    ['Node', 'vm', []],
    ['Pod', POD, []],
    ['Pod', 'other', [`process 7 was in ${CGROUP}, and an Event is about Pod other`]],
  ] as const)('is an Event about %s %s, or is not', ([kind, uid, differences]) => {
    const hog = { ...HOG, events: [{ involvedObject: { kind, uid } }] };
    expect(differencesFromTruth(TRUTH, [hog, THREAD])).toEqual(differences);
  });

  test('differs by somebody of whom nothing is told', () => {
    expect(differencesFromTruth(TRUTH, [HOG])).toEqual([
      '1 kill lines; the kernel counted 2',
      'process 9 or 10 was killed, and is named 0 times',
    ]);
  });
});

describe('what is told live, against the log', () => {
  test('may know more', () => {
    expect(differencesLive(TOLD, [HOG, { ...THREAD, taskMemcg: '/b' }])).toEqual([]);
  });

  test('may leave open which of several it was', () => {
    const { victim: _, ...open } = THREAD;
    expect(differencesLive(TOLD, [HOG, open])).toEqual([]);
  });

  test.for<[string, readonly ToldEpisode[], string]>([
    ['an episode too few', [HOG], 'episode 200: not recorded live'],
    [
      'an episode too many',
      [...TOLD, { ...HOG, sequence: 300 }],
      'episode 300: recorded live, and not in the log',
    ],
    [
      'another cgroup',
      [{ ...HOG, taskMemcg: '/b' }, THREAD],
      `episode 100: taskMemcg is ${CGROUP}, and live /b`,
    ],
    [
      'another Pod',
      [{ ...HOG, events: [{ involvedObject: { kind: 'Pod', uid: POD } }] }, THREAD],
      `episode 100: hurt nobody, and live Pod ${POD}`,
    ],
    [
      'another process',
      [{ ...HOG, victim: { pid: 8, comm: 'hog' } }, THREAD],
      'episode 100: killed hog (7), and live hog (8)',
    ],
  ])('differs by %s', ([, live, difference]) => {
    expect(differencesLive(TOLD, live)).toEqual([difference]);
  });
});
