import { from, Subject, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { countLost, type CountedRecord } from '../../src/kmsg/count-lost.ts';
import type { Drained } from '../../src/kmsg/record.ts';
import { clockSinceBoot, tellTime } from '../../src/kmsg/tell-time.ts';
import { joinFragments } from '../../src/oom/join-fragments.ts';
import { kernelSays, type Said } from '../support/kernel-says.ts';
import { CONTAINER, HEADER, killLine, oomKillLine } from '../support/oom-lines.ts';

const c = (message: string): Said => ({ flag: 'c', message });
const plus = (message: string): Said => ({ flag: '+', message });
const WHOLE = oomKillLine(7);
const UNTIL_PATH = WHOLE.replace(/oom_memcg=.*/, 'oom_memcg=');
const FOREIGN = '/kubepods/burstable/pod00000000-0000-4000-8000-000000000009/stranger';

function counted(lines: readonly Said[]): readonly CountedRecord[] {
  const records: CountedRecord[] = [];
  from(kernelSays(...lines))
    .pipe(tellTime(clockSinceBoot(0)), countLost({ records: 0, lost: 0 }))
    .subscribe((item) => {
      if (item.kind === 'record') records.push(item);
    });
  return records;
}

function join(...lines: readonly Said[]): readonly string[] {
  const out: string[] = [];
  from(counted(lines))
    .pipe(joinFragments())
    .subscribe((item) => {
      if (item.kind === 'record') out.push(item.message);
    });
  return out;
}

type Case = readonly [what: string, lines: readonly Said[], out: readonly string[]];

describe('joinFragments', () => {
  test.each<Case>([
    ['leaves a whole line alone', [HEADER, WHOLE, killLine(7)], [HEADER, WHOLE, killLine(7)]],
    [
      'joins a line from all its pieces, strangers between them passing first',
      [
        'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)',
        'usb 1-1: new device',
        c(',cpuset='),
        c('a cpuset'),
        c(',mems_allowed=0'),
        c(',oom_memcg='),
        'usb 1-2: new device',
        c(CONTAINER),
        c(',task_memcg='),
        c(CONTAINER),
        c(',task=app,pid=7,uid=0'),
      ],
      [
        'usb 1-1: new device',
        'a cpuset',
        'usb 1-2: new device',
        WHOLE.replace('cpuset=/', 'cpuset='),
      ],
    ],
    [
      'joins the line of 4.4, a fragment from its beginning',
      [c('Task in '), plus(`${CONTAINER} killed as a result of limit of ${CONTAINER}`)],
      [`Task in ${CONTAINER} killed as a result of limit of ${CONTAINER}`],
    ],
    [
      'joins the header of 4.11, whose nodemask is a piece of its own',
      [
        'hog invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=',
        c('(null)'),
        c(',  order=0, oom_score_adj=0'),
      ],
      [
        'hog invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=0',
      ],
    ],
    [
      'gives up at the kill line and passes on what there is',
      [UNTIL_PATH, killLine(7)],
      [UNTIL_PATH, killLine(7)],
    ],
    [
      'joins nothing across a gap that could name another report’s cgroup',
      [UNTIL_PATH + CONTAINER, { ...(c(',task=b,pid=9,uid=0') as object), lost: 9 } as Said],
      [UNTIL_PATH + CONTAINER, ',task=b,pid=9,uid=0'],
    ],
    [
      'blames nobody by a path that another CPU printed',
      [
        UNTIL_PATH,
        'cgroup: fork rejected by pids controller in ',
        c(FOREIGN),
        c(CONTAINER),
        c(`,task_memcg=${CONTAINER},task=app,pid=7,uid=0`),
      ],
      [
        'cgroup: fork rejected by pids controller in ',
        '',
        CONTAINER,
        `,task_memcg=${CONTAINER},task=app,pid=7,uid=0`,
      ],
    ],
    [
      'does not take a header for the line its process is named like',
      ['Task in / invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0', WHOLE],
      ['Task in / invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0', WHOLE],
    ],
  ])('%s', (_, lines, out) => {
    expect(join(...lines)).toEqual(out);
  });

  test('joins only what the same caller printed', () => {
    const by = (caller: string, said: Said): Said => ({
      ...(typeof said === 'string' ? { message: said } : said),
      caller,
    });
    const rest = `${CONTAINER},task_memcg=${CONTAINER},task=app,pid=7,uid=0`;
    expect(join(by('T1', UNTIL_PATH), by('T2', c(FOREIGN)), by('T1', c(rest)))).toEqual([
      FOREIGN,
      WHOLE,
    ]);
  });

  test('keeps count of what was lost before a piece', () => {
    const pieces = counted([
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)',
      { message: WHOLE.replace(/^.*?,cpuset/, ',cpuset'), flag: 'c', lost: 3 },
    ]);
    const out: (CountedRecord | Drained)[] = [];
    from(pieces)
      .pipe(joinFragments())
      .subscribe((item) => out.push(item));
    expect(out).toMatchObject([{ lost: 3 }]);
  });

  test('passes errors, and leaves its source with its subscriber', () => {
    const errors: unknown[] = [];
    throwError(() => 'gone')
      .pipe(joinFragments())
      .subscribe({ error: (error) => errors.push(error) });
    const source$ = new Subject<CountedRecord>();
    source$.pipe(joinFragments()).subscribe().unsubscribe();
    expect([errors, source$.observed]).toEqual([['gone'], false]);
  });
});
