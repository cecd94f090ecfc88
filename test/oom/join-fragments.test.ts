import { describe, expect, test } from 'vitest';
import { from } from 'rxjs';
import type { CountedRecord } from '../../src/kmsg/count-lost.ts';
import { joinFragments, joinNext, type RecognizedRecord } from '../../src/oom/join-fragments.ts';
import { kernelSays, type Said } from '../support/kernel-says.ts';
import { marbles } from '../support/marbles.ts';
import { CONTAINER, groupLine, killLine, oomKillLine, taskInLine } from '../support/oom-lines.ts';

const c = (message: string, caller?: string): Said => ({
  message,
  flag: 'c',
  ...(caller !== undefined && { caller }),
});

function counted(...lines: readonly Said[]): readonly CountedRecord[] {
  let next = 1;
  return kernelSays(...lines).map((record) => {
    const lost = record.sequence - next;
    next = record.sequence + 1;
    return { ...record, atMs: 0, lost };
  });
}

function join(...lines: readonly Said[]): readonly RecognizedRecord[] {
  const out: RecognizedRecord[] = [];
  from(counted(...lines))
    .pipe(joinFragments())
    .subscribe((item) => item.kind === 'record' && out.push(item));
  return out;
}

const messages = (...lines: readonly Said[]) => join(...lines).map(({ message }) => message);

const WHOLE = oomKillLine(7);
const PIECES = WHOLE.split(/(?=,cpuset=|,mems_allowed=|,oom_memcg=|,task_memcg=|,task=)/);
const [FIRST = '', ...REST] = PIECES;
const STRANGER = 'usb 1-1: new device';

describe('joinFragments', () => {
  test('passes whole lines on, one for one', () => {
    expect(messages(STRANGER, WHOLE, killLine(7))).toEqual([STRANGER, WHOLE, killLine(7)]);
  });

  test('says which line it is, unless it is a fragment that continues none', () => {
    const lines = join(
      STRANGER,
      killLine(7),
      c(killLine(7)),
      FIRST,
      ...REST.map((piece) => c(piece)),
    );
    expect(lines.map(({ line }) => line?.kind)).toEqual([undefined, 'kill', undefined, 'oom-kill']);
  });

  test('joins the pieces of an oom-kill line', () => {
    expect(messages(FIRST, ...REST.map((piece) => c(piece)), killLine(7))).toEqual([
      WHOLE,
      killLine(7),
    ]);
  });

  test('joins nine pieces, the paths apart from their keys', () => {
    const nine = WHOLE.split(
      /(?<=,cpuset=|_memcg=)|(?=,cpuset=|,mems_allowed=|,oom_memcg=|,task_memcg=|,task=)/,
    );
    expect(nine).toHaveLength(9);
    expect(messages(nine[0] ?? '', ...nine.slice(1).map((piece) => c(piece)))).toEqual([WHOLE]);
  });

  test('lets strangers pass, whole or in fragments', () => {
    const said = REST.flatMap((piece) => [STRANGER, c('a stranger’s fragment'), c(piece)]);
    expect(messages(FIRST, ...said).filter((message) => message.startsWith('oom-kill:'))).toEqual([
      WHOLE,
    ]);
  });

  test('joins the fragments of 4.4, `c` and then `+`', () => {
    const plus = (message: string): Said => ({ message, flag: '+' });
    expect(
      messages(
        c('Task in '),
        plus(CONTAINER),
        STRANGER,
        plus(' killed as a result of limit of '),
        plus(CONTAINER),
      ),
    ).toEqual([STRANGER, taskInLine()]);
  });

  test('joins the line of a group kill', () => {
    const [tasksIn, rest = ''] = groupLine().split(/(?= are going)/);
    expect(messages(tasksIn ?? '', c(rest))).toEqual([groupLine()]);
  });

  test('never joins what another task printed', () => {
    const [, second = '', ...others] = PIECES;
    const mine = (message: string): Said => c(message, 'T7');
    expect(
      messages(
        { message: FIRST, caller: 'T7' },
        c(second, 'T9'),
        mine(second),
        ...others.map((piece) => mine(piece)),
      ),
    ).toEqual([second, WHOLE]);
  });

  test.each([
    ['the kill line', killLine(7)],
    [
      'the next header',
      'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    ],
    ['the next line of its kind', oomKillLine(8)],
  ])('passes on what is left when %s proves that no more comes', (_, line) => {
    expect(messages(FIRST, line)).toEqual([FIRST, line]);
  });

  test('adds up what was lost between the pieces', () => {
    const gap: Said = { message: REST[0] ?? '', flag: 'c', lost: 3 };
    const [joined] = join(FIRST, gap, ...REST.slice(1).map((piece) => c(piece)));
    expect(joined).toMatchObject({ message: WHOLE, lost: 3 });
  });

  test('keeps `drained`, completion and errors in their place', () => {
    marbles(({ cold, expectObservable }) => {
      const drained = { kind: 'drained', atMs: 1 } as const;
      const [record] = counted(STRANGER);
      const values = { r: record ?? drained, d: drained };
      expectObservable(cold('-r-d-|', values).pipe(joinFragments())).toBe('-r-d-|', values);
      expectObservable(cold('-d-#', values).pipe(joinFragments())).toBe('-d-#', values);
    });
  });
});

test('joinNext is a step of its own: what is open, what goes on', () => {
  const [head, piece] = counted(FIRST, c(REST[0] ?? ''));
  if (head === undefined || piece === undefined) throw new Error('no pieces');
  const begun = joinNext(undefined, head);
  expect(begun).toMatchObject({ open: { message: FIRST }, out: [] });
  expect(joinNext(begun.open, piece)).toMatchObject({
    open: { message: FIRST + REST[0] },
    out: [],
  });
});

describe('a stranger’s words are not joined', () => {
  const untilPath = WHOLE.replace(/oom_memcg=.*/, 'oom_memcg=');
  const foreign = '/kubepods/burstable/pod00000000-0000-4000-8000-000000000009/stranger';

  test('across a gap, once the line names a cgroup', () => {
    const task = { message: ',task=b,pid=9,uid=0', flag: 'c', lost: 9 };
    expect(messages(untilPath + CONTAINER, task)).toEqual([untilPath + CONTAINER, task.message]);
  });

  test('when a second path shows that one of the two was another CPU’s', () => {
    const rest = `,task_memcg=${CONTAINER},task=app,pid=7,uid=0`;
    expect(messages(untilPath, c(foreign), c(CONTAINER), c(rest))).toEqual(['', CONTAINER, rest]);
  });

  test('and a header is none of them, whatever its process is called', () => {
    const header =
      'Task in / invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0';
    expect(messages(header, WHOLE)).toEqual([header, WHOLE]);
  });
});

test('the header of 4.11 has its nodemask in a piece of its own', () => {
  const begun = 'hog invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=';
  const rest = ['(null)', ',  order=0, oom_score_adj=0'];
  expect(messages(begun, ...rest.map((piece) => c(piece)))).toEqual([begun + rest.join('')]);
});
