import { Subject } from 'rxjs';
import { beforeEach, describe, expect, test } from 'vitest';
import { assembleMarks, type MarkAssemblerOptions } from '../../src/oom/assemble-marks.ts';
import type { CgroupEvents, EventsLook } from '../../src/oom/cgroup-events.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { ReadMarks } from '../../src/oom/seen-mark.ts';
import type { Drained } from '../../src/kmsg/record.ts';
import { newTally, type Tally } from '../../src/tally.ts';
import { VirtualTimeScheduler } from 'rxjs';
import { CONTAINER, POD } from '../support/marks.ts';

const QOS = POD.slice(0, POD.lastIndexOf('/'));
const TOP = '/kubepods.slice';
const BOOT_WALL_MS = 1_000_000;

/** A node whose kernel kills in one container. */
class Node {
  readonly rows = new Map<string, CgroupEvents>(
    [TOP, QOS, POD, CONTAINER].map((path) => [
      path,
      { kills: 0, groupKills: 0, ooms: 0, oomsHere: 0 },
    ]),
  );
  total = 5;
  limit: string | undefined = CONTAINER;

  kill(groupKills = 0, kills = 1): void {
    this.total += kills;
    for (const [path, events] of this.rows) {
      const { ooms = 0, oomsHere = 0 } = events;
      this.rows.set(path, {
        kills: events.kills + kills,
        groupKills: (events.groupKills ?? 0) + groupKills,
        ooms: ooms + (this.limit?.startsWith(path) === true ? 1 : 0),
        oomsHere: oomsHere + (this.limit === path ? 1 : 0),
        limitKb: 32_768,
      });
    }
  }

  look = (): EventsLook => ({ rows: new Map(this.rows), before: this.total, after: this.total });
}

let node: Node;
let tally: Tally;
let scheduler: VirtualTimeScheduler;
let items: Subject<ReadMarks | Drained>;
let episodes: OomEpisode[];
/** Whether a victim is still there when it is looked at. */
let isThere: boolean;
let idle: number;

beforeEach(() => {
  node = new Node();
  tally = newTally();
  scheduler = new VirtualTimeScheduler();
  episodes = [];
  isThere = true;
  idle = 0;
  start();
});

function start(): void {
  items = new Subject();
  const options: MarkAssemblerOptions = {
    counters: {
      isHierarchical: true,
      read: (cgroup) => (isThere ? node.rows.get(cgroup) : undefined),
      look: () => node.look(),
    },
    finder: {
      find: (_, comm) => (isThere ? { comm, cgroup: CONTAINER, source: 'proc' } : { comm }),
    },
    clock: {
      monotonicMs: () => scheduler.now(),
      wallMs: () => BOOT_WALL_MS + scheduler.now(),
    },
    drainNow: () => drained(),
    scheduler,
    tally,
    onIdle: () => void (idle += 1),
  };
  items.pipe(assembleMarks(options)).subscribe((episode) => episodes.push(episode));
}

function drained(): void {
  items.next({ kind: 'drained', atMs: scheduler.now() });
}

function marked(...pids: readonly number[]): void {
  const markedUs = scheduler.now() * 1000 - 500;
  const victims = pids.map((pid) => ({ pid, comm: 'eater', markedUs }));
  items.next({ kind: 'marks', victims, lost: 0 });
  drained();
}

function at(ms: number, what: () => void): void {
  scheduler.schedule(what, ms);
}

describe('marks', () => {
  test('become an episode when no more have come for a while', () => {
    at(1000, () => {
      node.kill();
      marked(7);
      expect(episodes).toEqual([]);
    });
    scheduler.flush();
    expect(episodes).toMatchObject([
      {
        sequence: 999_500,
        lastSequence: 999_500,
        monotonicUs: 999_500,
        atMs: BOOT_WALL_MS + 999.5,
        context: 'none',
        victim: { pid: 7, comm: 'eater' },
        members: [],
        evidence: { cgroup: CONTAINER, source: 'proc' },
      },
    ]);
    expect(tally).toMatchObject({ episodes: 1, killed: 1, killLines: 1, marksCounted: 1 });
  });

  test('of a group are one episode, however they come', () => {
    at(1000, () => {
      node.kill(1, 1);
      marked(7);
    });
    at(1040, () => {
      node.total += 3;
      for (const [path, events] of node.rows)
        node.rows.set(path, { ...events, kills: events.kills + 3 });
      marked(8, 9);
    });
    scheduler.flush();
    expect(episodes).toMatchObject([
      { victim: { pid: 7 }, members: [{ pid: 8 }, { pid: 9 }], group: CONTAINER, killLines: 4 },
    ]);
    expect(tally).toMatchObject({ episodes: 1, killed: 3, killLines: 4 });
  });

  test('that are no kills lead to nothing, and are counted', () => {
    at(1000, () => marked(7));
    scheduler.flush();
    expect(episodes).toEqual([]);
    expect(tally).toMatchObject({ marksNoKill: 1, marksCounted: 0, killLines: 0 });
    expect(idle).toBe(1);
  });

  test('of before the start prove nothing later', () => {
    at(1000, () => {
      node.kill();
      marked(7);
    });
    at(2000, () => marked(8));
    scheduler.flush();
    expect(episodes.map(({ victim }) => victim.pid)).toEqual([7]);
    expect(tally).toMatchObject({ marksNoKill: 1 });
  });

  test('wait for one that is counted and not marked yet', () => {
    at(1000, () => {
      node.kill();
      node.kill();
      marked(7);
    });
    at(1500, () => {
      expect(episodes).toEqual([]);
      marked(8);
    });
    scheduler.flush();
    expect(episodes.map(({ victim }) => victim.pid)).toEqual([7, 8]);
  });

  test('are told without it when it does not come, and it stays unexplained', () => {
    at(1000, () => {
      node.kill();
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(scheduler.now()).toBe(2000);
    expect(episodes.map(({ victim }) => victim.pid)).toEqual([7]);
    expect(tally.killLines).toBe(1);
  });

  test('are told within seconds, though they do not end', () => {
    for (let ms = 1000; ms < 4000; ms += 50) {
      at(ms, () => {
        node.kill();
        marked(ms);
      });
    }
    at(3010, () => expect(episodes.length).toBeGreaterThan(30));
    scheduler.flush();
    expect(episodes).toHaveLength(60);
    expect(new Set(episodes.map(({ sequence }) => sequence)).size).toBe(60);
  });

  test('in one microsecond have numbers of their own', () => {
    at(1000, () => {
      node.kill();
      node.kill();
      marked(7, 8);
    });
    scheduler.flush();
    expect(episodes.map(({ sequence }) => sequence)).toEqual([999_500, 999_501]);
  });

  test('of a container that is gone soon are those whose counters were read with them', () => {
    at(1000, () => {
      node.kill();
      marked(7);
      node.rows.delete(CONTAINER);
    });
    scheduler.flush();
    expect(episodes).toMatchObject([
      { evidence: { cgroup: CONTAINER }, limitLevel: 'container', limitKb: 32_768 },
    ]);
  });

  test('of a pod that is not found in the hierarchy are proved by the host’s counter', () => {
    node.look = () => ({ rows: new Map(), before: node.total, after: node.total });
    start();
    for (const [path, events] of node.rows) node.rows.set(path, { ...events, kills: 5 });
    at(1000, () => {
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(scheduler.now()).toBeLessThan(1200);
    expect(episodes).toMatchObject([{ victim: { pid: 7 }, evidence: { cgroup: CONTAINER } }]);
    expect(tally.killLines).toBe(1);
  });

  test('that were overwritten are counted', () => {
    items.next({ kind: 'marks', victims: [], lost: 3 });
    expect(tally.marksLost).toBe(3);
  });
});

describe('a limit', () => {
  test.each([
    [CONTAINER, { limitLevel: 'container', oomMemcg: CONTAINER, limitKb: 32_768 }],
    [POD, { limitLevel: 'pod', oomMemcg: POD }],
    [QOS, { limitLevel: 'qos', oomMemcg: QOS }],
    [TOP, { limitLevel: 'node-allocatable', oomMemcg: TOP }],
  ])('is that of the cgroup that says that it was reached: %s', (limit, told) => {
    node.limit = limit;
    at(1000, () => {
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(episodes).toMatchObject([told]);
  });

  test('is nobody’s where none says so: memory was short in the system', () => {
    node.limit = undefined;
    at(1000, () => {
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(episodes[0]).toMatchObject({ limitLevel: 'system' });
    expect(episodes[0]?.oomMemcg).toBeUndefined();
  });

  test('below the container is not told', () => {
    node.limit = `${CONTAINER}/inner`;
    at(1000, () => {
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(episodes[0]?.limitLevel).toBeUndefined();
  });

  test('that was reached once is not told of two kills', () => {
    at(1000, () => {
      node.kill();
      node.limit = undefined;
      node.kill();
      marked(7, 8);
    });
    scheduler.flush();
    expect(episodes.map(({ limitLevel }) => limitLevel)).toEqual([undefined, undefined]);
  });

  test('is told where the process was gone and its container’s counter told where it was', () => {
    isThere = false;
    at(1000, () => {
      node.kill();
      marked(7);
    });
    scheduler.flush();
    expect(episodes).toMatchObject([
      { limitLevel: 'container', evidence: { cgroup: CONTAINER, source: 'counters' } },
    ]);
  });
});
