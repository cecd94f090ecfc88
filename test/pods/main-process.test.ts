import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { hasSurvived, MainProcess, type MainProcessState } from '../../src/pods/main-process.ts';
import { anEpisode } from '../support/an-episode.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

const VICTIM = 20;
/** In the order in which they came into the container. */
const TABLE = [30_000, 10, 15, VICTIM, 30].map((tgid) => ({
  pid: tgid,
  tgid,
  uid: 0,
  comm: 'app',
  totalVmPages: 1,
  rssPages: 1,
  oomScoreAdj: 0,
}));
const EPISODE = anEpisode({ victim: { pid: VICTIM, comm: 'child' }, tasks: TABLE });

interface FakeProcess {
  readonly cgroup?: string;
  readonly parent?: number;
  readonly state?: string;
  readonly nspid?: string;
  readonly startedAt?: number;
  readonly session?: number;
  readonly killed?: boolean;
}

/** As proc(5) prints it: Linux 6.12, a container of a pod of its own pid namespace. */
function processFiles(pid: number, facts: FakeProcess): FakeFiles {
  const { cgroup = CONTAINER, parent = 5, state = 'S', startedAt = pid, session = pid } = facts;
  const { nspid = `${pid}\t${pid - 9}`, killed = false } = facts;
  const fields = [state, parent, pid, session, ...Array.from({ length: 15 }, () => 0), startedAt];
  return {
    [`/proc/${pid}/stat`]: `${pid} (a) b) ${fields.join(' ')} 1 2 3\n`,
    [`/proc/${pid}/status`]: `Name:\ta) b\nNSpid:\t${nspid}\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000${killed ? '1' : '0'}00\n`,
    [`/proc/${pid}/cgroup`]: `4:memory:${cgroup}\n`,
  };
}

/** The runtime's shim is process 5, the container's main process 10 unless told otherwise. */
function stateOf(
  processes: Readonly<Record<number, FakeProcess>>,
  episode: OomEpisode = EPISODE,
  groups: FakeFiles = { '/cg/memory/memory.oom_control': 'x' },
) {
  const pids = Object.entries(processes)
    .filter(([, { cgroup = CONTAINER }]) => cgroup === CONTAINER)
    .map(([pid]) => pid);
  const root = '/cg/cgroup.controllers' in groups ? '/cg' : '/cg/memory';
  const files = {
    ...groups,
    [`${root}${CONTAINER}/cgroup.procs`]: pids.map((pid) => `${pid}\n`).join(''),
    ...processFiles(5, { cgroup: '/system.slice/containerd.service', parent: 1 }),
    ...Object.assign(
      {},
      ...Object.entries(processes).map(([pid, facts]) => processFiles(Number(pid), facts)),
    ),
  };
  const { tree, proc } = fakeNode(files);
  return new MainProcess(tree, proc).after(episode);
}

const MAIN: FakeProcess = { nspid: '10\t1' };

describe('the main process of a container', () => {
  test.each<readonly [string, Readonly<Record<number, FakeProcess>>, string]>([
    ['survived when its child is gone', { 10: MAIN }, 'survived'],
    [
      'survived when its child is a zombie',
      { 10: MAIN, [VICTIM]: { parent: 10, state: 'Z' } },
      'survived',
    ],
    ['is not known to while its child is dying', { 10: MAIN, [VICTIM]: { parent: 10 } }, 'not-yet'],
    ['did not when it is dying too', { 10: { ...MAIN, killed: true } }, 'unknown'],
    ['did not when it is a zombie', { 10: { ...MAIN, state: 'Z' } }, 'unknown'],
    [
      'was the victim where nobody else is left',
      { [VICTIM]: { nspid: `${VICTIM}\t1` } },
      'unknown',
    ],
    [
      'is no exec session',
      { 12: { nspid: '12\t40' }, 30: { nspid: '30\t41' }, 10: { ...MAIN, state: 'Z' } },
      'unknown',
    ],
    [
      'is no init of a namespace made inside',
      { 30: { parent: 25, nspid: '30\t7\t1' }, 25: { parent: 24, nspid: '25\t6' } },
      'unknown',
    ],
  ])('%s', (_, processes, state) => {
    expect(stateOf(processes)).toBe(state);
  });
});

describe('without a pid namespace of its own', () => {
  const plain = (facts: FakeProcess = {}): FakeProcess => ({ nspid: '10', ...facts });

  test.each<readonly [string, Readonly<Record<number, FakeProcess>>, string]>([
    [
      'it is the one the runtime started first',
      { 10: plain(), 15: plain(), 16: plain({ parent: 10 }) },
      'survived',
    ],
    ['it is no orphan of the victim’s session', { 15: plain({ session: VICTIM }) }, 'unknown'],
    ['it is nobody younger than the victim', { 30: plain() }, 'unknown'],
    [
      'it is no process that the pod’s own adopted',
      { 15: plain({ parent: 8 }), 8: { cgroup: `${POD}/${'d'.repeat(64)}` } },
      'unknown',
    ],
  ])('%s', (_, processes, state) => {
    expect(stateOf(processes)).toBe(state);
  });
});

describe('nothing is said', () => {
  test.each<readonly [string, Partial<OomEpisode>]>([
    ['of a group that was killed', { members: [{ pid: 21, comm: 'x' }], killLines: 2 }],
    ['of a process killed twice', { killLines: 2 }],
    ['of a pod’s own cgroup', { taskMemcg: POD }],
    ['of a unit', { taskMemcg: '/system.slice/foo.service' }],
  ])('%s', (_, facts) => {
    expect(stateOf({ 10: MAIN }, { ...EPISODE, ...facts })).toBe('unknown');
  });

  test('where a group may have been killed', () => {
    expect(stateOf({ 10: MAIN }, EPISODE, {})).toBe('unknown');
  });
});

test.each([
  ['0\n', 'survived'],
  ['1\n', 'unknown'],
])('on cgroup v2 with memory.oom.group %j it %s, however late anybody looks', (group, state) => {
  const v2 = { '/cg/cgroup.controllers': 'memory\n', [`/cg${CONTAINER}/memory.oom.group`]: group };
  const episode = { ...EPISODE, oomMemcg: CONTAINER };
  expect(stateOf({ 10: MAIN }, episode, v2)).toBe(state);
});

async function ask(...states: readonly MainProcessState[]) {
  const slept: number[] = [];
  let looks = 0;
  const survived = await hasSurvived(
    anEpisode(),
    { after: () => states[Math.min(looks++, states.length - 1)] ?? 'unknown' },
    (ms) => Promise.resolve(void slept.push(ms)),
  );
  return { survived, slept };
}

test('the main process that survived is said, once the victim is gone', async () => {
  expect(await ask('not-yet', 'not-yet', 'survived')).toEqual({ survived: true, slept: [2, 5] });
});

test('where it is not known nothing is, and nobody waits', async () => {
  expect(await ask('unknown')).toEqual({ survived: false, slept: [] });
});

test('a victim that will not die is not waited for longer than two seconds', async () => {
  const { survived, slept } = await ask('not-yet');
  expect(survived).toBe(false);
  expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThan(2000);
});
