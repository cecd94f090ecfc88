import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { kernelSays, type Said } from '../support/kernel-says.ts';
import {
  announcedLine,
  CONTAINER,
  exitingLine,
  globalLine,
  groupLine,
  HEADER,
  killLine,
  NO_KILLABLE,
  oldKillLine,
  oomKillLine,
  POD,
  reapedLine,
  TABLE,
  taskInLine,
  taskLine,
} from '../support/oom-lines.ts';
import { episodesOf } from '../support/recordings.ts';

const OTHER = `${POD}/${'b'.repeat(64)}`;
const UNIT = '/system.slice/foo.service';
const after = (afterMs: number, said: Said): Said => ({
  ...(typeof said === 'string' ? { message: said } : said),
  afterMs,
});
const lost = (message: string): Said => ({ lost: 5, message });

/** What tells episodes apart, on one line: victim, members, whose, how much was told. */
function brief({ victim, members, taskMemcg, context, killLines, limitLevel }: OomEpisode): string {
  const whose = { [CONTAINER]: 'container', [OTHER]: 'other' }[taskMemcg ?? ''] ?? 'nowhere';
  const pids = [victim, ...members].map(({ pid }) => pid).join('+');
  return `${pids} in ${whose}, ${limitLevel ?? 'no'} limit, ${context}, ${killLines} lines`;
}

/** An episode before the one in question: what comes first after the start may be half a report. */
const WARM_UP = [HEADER, oomKillLine(1), killLine(1)];
const WARM = '1 in container, container limit, full, 1 lines';

type Case = readonly [what: string, lines: readonly Said[], ...episodes: string[]];

function checkAll(cases: readonly Case[]): void {
  test.each(cases.map(([what, lines, ...episodes]) => ({ what, lines, episodes })))(
    '$what',
    ({ lines, episodes }) => {
      const found = episodesOf(kernelSays(...WARM_UP, ...lines)).map((episode) => brief(episode));
      expect(found).toEqual([WARM, ...episodes]);
    },
  );
}

const WHOLE = [HEADER, TABLE, taskLine(7), oomKillLine(7), killLine(7)];
const SEVEN = '7 in container, container limit, full, 1 lines';

describe('a whole report', () => {
  checkAll([
    ['is one episode', WHOLE, SEVEN],
    ['is followed by another at once', [...WHOLE, ...WHOLE], SEVEN, SEVEN],
    [
      'of 4.x names the cgroup in `Task in`',
      [HEADER, taskInLine(), TABLE, taskLine(7), announcedLine(7), oldKillLine(7)],
      SEVEN,
    ],
    [
      'may kill a child of the announced process',
      [HEADER, taskInLine(), TABLE, taskLine(6), taskLine(7), announcedLine(6), oldKillLine(7)],
      SEVEN,
    ],
    [
      'may name a thread where the kill line names its process',
      [HEADER, TABLE, taskLine(8, 'app', 7), oomKillLine(8), killLine(7)],
      SEVEN,
    ],
    [
      'of RHEL 7 has the UID behind the name',
      [
        HEADER,
        taskInLine(),
        announcedLine(7),
        'Killed process 7 (app), UID 99, total-vm:1kB, anon-rss:1kB, file-rss:0kB',
      ],
      SEVEN,
    ],
    [
      'of RHEL 6 has the UID before it',
      [
        HEADER,
        taskInLine(),
        announcedLine(7),
        'Killed process 7, UID 99, (app) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
      ],
      SEVEN,
    ],
    ['may take 115 ms to its kill line', [HEADER, oomKillLine(7), after(115, killLine(7))], SEVEN],
    [
      'is not waited for longer than 5 s',
      [HEADER, oomKillLine(7), after(5000, killLine(7))],
      '7 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'system-wide is the system’s',
      [HEADER, globalLine(7), killLine(7, 'app', 'Out of memory')],
      '7 in container, system limit, full, 1 lines',
    ],
    [
      'system-wide of 4.x says so where it announces the kill',
      [HEADER, announcedLine(7, 'app', 'Out of memory'), oldKillLine(7)],
      '7 in nowhere, system limit, full, 1 lines',
    ],
    [
      'system-wide of 4.x with oom_kill_allocating_task too',
      [HEADER, announcedLine(7, 'app', 'Out of memory (oom_kill_allocating_task)'), oldKillLine(7)],
      '7 in nowhere, system limit, full, 1 lines',
    ],
  ]);

  test('of 4.x without context still tells that a cgroup’s limit was hit', () => {
    const [, bare] = episodesOf(kernelSays(...WARM_UP, announcedLine(7), oldKillLine(7)));
    expect(bare).toMatchObject({ context: 'suppressed', constraint: 'CONSTRAINT_MEMCG' });
    expect(bare?.limitLevel).toBeUndefined();
  });
});

describe('a report in fragments', () => {
  const [first, second] = taskInLine().split(' killed as');
  checkAll([
    [
      'of 4.4 begins with `c` and goes on with `+`, strangers between them',
      [
        HEADER,
        { message: 'Task in ', flag: 'c' },
        { message: CONTAINER, flag: '+' },
        'usb 1-1: new device',
        { message: ' killed as a result of limit of ', flag: '+' },
        { message: CONTAINER, flag: '+' },
        announcedLine(7),
        oldKillLine(7),
      ],
      SEVEN,
    ],
    [
      'of a whole line and a rest',
      [HEADER, first ?? '', { message: ` killed as${second}`, flag: 'c' }, oldKillLine(7)],
      SEVEN,
    ],
    [
      'of two callers is not mixed up',
      [
        HEADER,
        { message: oomKillLine(7).split(',task=')[0] ?? '', caller: 'T7' },
        { message: ',task=other,pid=9,uid=0', flag: 'c', caller: 'T9' },
        { message: ',task=app,pid=7,uid=0', flag: 'c', caller: 'T7' },
        killLine(7),
      ],
      SEVEN,
    ],
  ]);
});

describe('a report without a kill', () => {
  checkAll([
    ['`no killable processes` is no episode', [HEADER, TABLE, NO_KILLABLE]],
    ['and the next one is not swallowed', [HEADER, NO_KILLABLE, ...WHOLE], SEVEN],
    ['of a victim that is already exiting is none', [HEADER, oomKillLine(6), exitingLine(6)]],
    [
      'of a victim that is already exiting does not end its group’s',
      [HEADER, oomKillLine(6), exitingLine(6), groupLine(), killLine(7), killLine(8)],
      '7+8 in container, container limit, full, 2 lines',
    ],
    [
      'without context, of a victim that is already exiting, neither',
      [...WHOLE, exitingLine(6), groupLine(OTHER), killLine(9)],
      SEVEN,
      '9 in other, no limit, suppressed, 1 lines',
    ],
    [
      'leaves nothing behind for the next bare kill line',
      [HEADER, oomKillLine(6), exitingLine(6), killLine(7)],
      '7 in nowhere, no limit, suppressed, 1 lines',
    ],
    ['that stops half-way is none', [HEADER, TABLE, taskLine(7)]],
  ]);
});

describe('a kill without its report', () => {
  const bare = (pid: number) => `${pid} in nowhere, no limit, suppressed, 1 lines`;
  checkAll([
    ['is an episode of its own', [killLine(7)], bare(7)],
    ['twice is two', [killLine(7), killLine(8)], bare(7), bare(8)],
    ['after a whole report does not inherit its cgroup', [...WHOLE, killLine(8)], SEVEN, bare(8)],
    [
      'does not take the report of another task in the table',
      [HEADER, TABLE, taskLine(7), oomKillLine(7), killLine(9), killLine(7)],
      bare(9),
      '7 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'system-wide does not take a cgroup’s report',
      [HEADER, oomKillLine(8), killLine(7, 'app', 'Out of memory')],
      '7 in nowhere, system limit, suppressed, 1 lines',
    ],
  ]);
});

describe('a group kill', () => {
  const listed = [HEADER, TABLE, taskLine(7), taskLine(8), oomKillLine(7), killLine(7)];
  const group = [groupLine(), killLine(7), killLine(8)];
  checkAll([
    [
      'repeats the first victim, then names the members',
      [...listed, ...group],
      '7+8 in container, container limit, full, 3 lines',
    ],
    [
      'without context is named by its own line',
      [killLine(7), ...group],
      '7+8 in container, no limit, suppressed, 3 lines',
    ],
    [
      'ends where the next one begins, though it has no context',
      [...listed, ...group, killLine(20), groupLine(OTHER), killLine(20), killLine(21)],
      '7+8 in container, container limit, full, 3 lines',
      '20+21 in other, no limit, suppressed, 3 lines',
    ],
    [
      'may take 14 ms from one line to the next',
      [...listed, after(14, groupLine()), after(14, killLine(7)), after(14, killLine(8))],
      '7+8 in container, container limit, full, 3 lines',
    ],
    [
      'takes as long as the console does',
      [...listed.map((line) => after(30, line)), ...group.map((line) => after(50, line))],
      '7+8 in container, container limit, full, 3 lines',
    ],
    [
      'is over after 20 ms where the console is fast: what is in no table is another',
      [...listed, ...group, after(20, killLine(9))],
      '7+8 in container, container limit, full, 3 lines',
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'is not over before its first victim had its second line',
      [...listed, groupLine(), after(300, killLine(8)), killLine(7)],
      '7+8 in container, container limit, full, 3 lines',
    ],
    [
      'without context is not, either',
      [killLine(7), groupLine(), after(300, killLine(8)), killLine(7)],
      '7+8 in container, no limit, suppressed, 3 lines',
    ],
    [
      'waits for no second line of a victim that was already exiting',
      [...listed, groupLine(), exitingLine(7), after(30, killLine(9))],
      '7 in container, container limit, full, 1 lines',
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'waits for none of one that was exiting when it was chosen',
      [...listed.slice(0, -1), exitingLine(7), groupLine(), killLine(8), after(30, killLine(9))],
      '8 in container, container limit, full, 1 lines',
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'goes on after a member that was already exiting',
      [...listed, groupLine(), exitingLine(7), killLine(8)],
      '7+8 in container, container limit, full, 2 lines',
    ],
    [
      'does not swallow a kill that was seen elsewhere',
      [killLine(7), ...group, { message: killLine(9), seenIn: OTHER }],
      '7+8 in container, no limit, suppressed, 3 lines',
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'keeps a member of which a counter thinks otherwise',
      [killLine(7), groupLine(), { message: killLine(8), countedIn: OTHER }],
      '7+8 in container, no limit, suppressed, 2 lines',
    ],
    [
      'has no members that its table does not list, though they were there before the newest in it',
      [...listed, ...group, killLine(6)],
      '7+8 in container, container limit, full, 3 lines',
      '6 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'has a member that was forked since its table was printed',
      [...listed, ...group, killLine(99)],
      '7+8+99 in container, container limit, full, 4 lines',
    ],
    [
      'has no more of them behind a stranger',
      [...listed, ...group, killLine(6), killLine(99)],
      '7+8 in container, container limit, full, 3 lines',
      '6 in nowhere, no limit, suppressed, 1 lines',
      '99 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'of a host unit has none: the kubelet may set no groups',
      [...listed.with(4, oomKillLine(7, UNIT)), ...group.with(0, groupLine(UNIT)), killLine(99)],
      '7+8 in nowhere, host limit, full, 3 lines',
      '99 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'has no members killed for another cause',
      [killLine(7), ...group, killLine(99, 'app', 'Out of memory')],
      '7+8 in container, no limit, suppressed, 3 lines',
      '99 in nowhere, system limit, suppressed, 1 lines',
    ],
  ]);
});

describe('lines that come late', () => {
  const listed = [HEADER, TABLE, taskLine(7), taskLine(8), oomKillLine(7), killLine(7)];
  const group = [groupLine(), killLine(7), killLine(8)];
  const exiting = [exitingLine(50), groupLine(), exitingLine(50)];
  const ALL = '7+8 in container, container limit, full, 3 lines';
  checkAll([
    ['of a group are its victim’s', [...listed, after(4000, 'usb'), ...group], ALL],
    [
      'of a group that has no context, too',
      [killLine(7), after(4000, 'usb'), ...group],
      '7+8 in container, no limit, suppressed, 3 lines',
    ],
    [
      'of a member are its group’s',
      [...listed, groupLine(), after(4000, killLine(7)), after(4000, killLine(8))],
      ALL,
    ],
    [
      'of a member that was seen in it',
      [
        killLine(7),
        groupLine(),
        killLine(7),
        after(4000, { message: killLine(8), seenIn: CONTAINER }),
      ],
      '7+8 in container, no limit, suppressed, 3 lines',
    ],
    [
      'of another process that was seen elsewhere are not',
      [...listed, ...group, after(4000, { message: killLine(8), seenIn: OTHER })],
      ALL,
      '8 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'may be a new death of a pid where no group was killed',
      [...WHOLE, after(4000, killLine(7))],
      SEVEN,
      '7 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'are no group’s that does not hold the victim',
      [...WHOLE, after(4000, 'usb'), groupLine(OTHER), killLine(9)],
      SEVEN,
      '9 in other, no limit, suppressed, 1 lines',
    ],
    [
      'are nobody’s after another report',
      [...listed, HEADER, NO_KILLABLE, ...group],
      '7 in container, container limit, full, 1 lines',
      '7+8 in container, no limit, suppressed, 2 lines',
    ],
    [
      'are nobody’s where the kernel had no contexts left',
      [
        ...Array.from({ length: 9 }, () => WHOLE).flat(),
        ...listed,
        ...group,
        after(4000, killLine(8)),
      ],
      ...Array.from({ length: 9 }, () => SEVEN),
      ALL,
      '8 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'are nobody’s within a jiffy after five seconds: the kernel may not count them yet',
      [...listed, ...group, after(5010, killLine(9))],
      ALL,
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
    [
      'are their group’s once the kernel has contexts again',
      [...listed, ...group, after(5020, killLine(9))],
      '7+8+9 in container, container limit, full, 4 lines',
    ],
    [
      'of a group whose victim was exiting are its, if they were seen in it',
      [...exiting, after(1500, { message: killLine(9), seenIn: CONTAINER })],
      '9 in container, no limit, suppressed, 1 lines',
    ],
    [
      'of a group whose victim was exiting are its, if the kernel had contexts left',
      [...exiting, after(6000, killLine(9))],
      '9 in container, no limit, suppressed, 1 lines',
    ],
    [
      'are not else: nobody of that group may have been killed',
      [...exiting, after(1500, killLine(9))],
      '9 in nowhere, no limit, suppressed, 1 lines',
    ],
  ]);
});

describe('the reaper', () => {
  checkAll([
    ['is no kill where the kill line was read', [...WHOLE, reapedLine(7)], SEVEN],
    ['comes late and is no kill then either', [...WHOLE, after(228, reapedLine(7))], SEVEN],
    ['alone is nobody’s death', [reapedLine(7)]],
    [
      'stands for the kill line that is missing',
      [taskInLine(), TABLE, taskLine(7), reapedLine(7)],
      '7 in container, container limit, partial, 0 lines',
    ],
    ['of somebody else does not', [taskInLine(), TABLE, taskLine(7), reapedLine(9)]],
    [
      'is not believed about another task than the one that was named',
      [HEADER, TABLE, taskLine(5), taskLine(6), oomKillLine(5, OTHER, POD), reapedLine(6)],
    ],
    [
      'is not believed when the report names another task afterwards',
      [HEADER, reapedLine(66), TABLE, taskLine(7), oomKillLine(7)],
    ],
    [
      'may come between the pieces of a line',
      [
        HEADER,
        TABLE,
        taskLine(7),
        oomKillLine(7).replace(/task_memcg=.*/, 'task_memcg='),
        reapedLine(5),
        { flag: 'c', message: CONTAINER },
        { flag: 'c', message: ',task=app,pid=7,uid=0' },
        killLine(7),
      ],
      SEVEN,
    ],
    ['gives way to the kill line', [HEADER, oomKillLine(7), reapedLine(7), killLine(7)], SEVEN],
  ]);
});

describe('a gap', () => {
  checkAll([
    [
      'inside a report leaves it partial where the pids agree',
      [HEADER, oomKillLine(7), lost(killLine(7))],
      '7 in container, container limit, partial, 1 lines',
    ],
    [
      'keeps apart what may be two reports',
      [HEADER, oomKillLine(7), lost(killLine(8))],
      '8 in nowhere, no limit, partial, 1 lines',
    ],
    [
      'after a kill ends the episode',
      [...WHOLE, lost(groupLine(OTHER)), killLine(8)],
      SEVEN,
      '8 in other, no limit, partial, 1 lines',
    ],
    [
      'that swallowed the group’s line leaves its first victim one process',
      [...WHOLE, lost(killLine(7)), killLine(8)],
      '7 in container, container limit, full, 2 lines',
      '8 in nowhere, no limit, partial, 1 lines',
    ],
    [
      'within a group leaves the other members by themselves',
      [...WHOLE, groupLine(), killLine(7), lost(killLine(8))],
      '7 in container, container limit, full, 2 lines',
      '8 in nowhere, no limit, partial, 1 lines',
    ],
    [
      'before a group’s line may hold another report',
      [HEADER, oomKillLine(7), lost(groupLine(OTHER)), killLine(8)],
      '8 in other, no limit, partial, 1 lines',
    ],
    [
      'before a bare kill line may hold its context',
      [lost(killLine(7))],
      '7 in nowhere, no limit, partial, 1 lines',
    ],
  ]);

  test('at the start of the log is as likely', () => {
    expect(episodesOf(kernelSays(killLine(7)))).toMatchObject([{ context: 'partial' }]);
  });
});

test('what the kernel says it withheld is no line of a report', () => {
  const lines = [HEADER, 'dump_header: 3 callbacks suppressed', oomKillLine(7), killLine(7)];
  expect(episodesOf(kernelSays(...lines))).toMatchObject([{ context: 'full', killLines: 1 }]);
});

test('an episode remembers its first and its last record', () => {
  const lines = [...WHOLE.toSpliced(3, 0, taskLine(8)), groupLine(), killLine(7), killLine(8)];
  const [episode] = episodesOf(kernelSays(...lines));
  expect(episode).toMatchObject({ sequence: 6, lastSequence: 9, victim: { comm: 'app' } });
});
