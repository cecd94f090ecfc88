import { parseCgroupPath } from './cgroup-path.ts';
import type { CounterStep } from './match-kills.ts';
import type { CounterLook } from './oom-counters.ts';

/** The steps that the counters made since they were as expected, look by look. */
export class CounterSteps {
  #steps: CounterStep[] = [];
  /** Steps of pods beyond their containers', so far. */
  readonly #own = new Map<string, number>();
  readonly #expected: ReadonlyMap<string, number>;
  readonly #isHierarchical: boolean;
  /** The last word of each counter: a cgroup is gone 200 ms after its process. */
  readonly #last: Map<string, number>;
  /** Kills up to this one were counted before the look before. */
  #counted: number;

  /** @param counted the kills that are in what was expected */
  constructor(expected: ReadonlyMap<string, number>, isHierarchical: boolean, counted: number) {
    this.#expected = expected;
    this.#isHierarchical = isHierarchical;
    this.#last = new Map(expected);
    this.#counted = counted;
  }

  /** The counters as they were last seen. */
  get last(): ReadonlyMap<string, number> {
    return this.#last;
  }

  /** Takes out the steps seen when no more than `counted` kills had been counted. */
  takeUpTo(counted: number): readonly CounterStep[] {
    const taken = this.#steps.filter(({ upTo }) => upTo <= counted);
    this.#steps = this.#steps.filter((step) => !taken.includes(step));
    return taken;
  }

  /** Takes a look down; false where a counter went backwards: what was expected was never true. */
  add(look: CounterLook): boolean {
    const time = { after: this.#counted, upTo: look.after };
    for (const [cgroup, kills] of look.rows) {
      const before = this.#last.get(cgroup) ?? 0;
      if (kills < before) return false;
      this.#last.set(cgroup, kills);
      if (kills === before || this.#isPod(cgroup)) continue;
      this.#steps.push({ cgroup, source: 'counters', kills: kills - before, ...time });
    }
    for (const cgroup of look.rows.keys()) {
      const kills = this.#isPod(cgroup) ? this.#ownSteps(cgroup) : 0;
      if (kills <= 0) continue;
      this.#own.set(cgroup, kills + (this.#own.get(cgroup) ?? 0));
      const unmoved = this.#unmovedIn(cgroup, look);
      this.#steps.push({ cgroup, source: 'pod-counter', kills, unmoved, ...time });
    }
    this.#counted = look.before;
    return true;
  }

  /** Whether its counter includes what others in here say. */
  #isPod(cgroup: string): boolean {
    if (!this.#isHierarchical) return false;
    const owner = parseCgroupPath(cgroup);
    return owner?.podPath === cgroup && owner.containerId === undefined;
  }

  /** What a pod's counter says beyond its containers', and beyond what was said of it before. */
  #ownSteps(pod: string): number {
    const moved = this.#moved(pod);
    if (moved === 0) return 0;
    let told = 0;
    for (const cgroup of this.#last.keys()) {
      if (cgroup.startsWith(`${pod}/`)) told += this.#moved(cgroup);
    }
    return moved - told - (this.#own.get(pod) ?? 0);
  }

  /** Cgroups in a pod that are there and in which nobody was killed. */
  #unmovedIn(pod: string, { rows }: CounterLook): readonly string[] {
    const within = [...rows.keys()].filter((cgroup) => cgroup.startsWith(`${pod}/`));
    return within.filter((cgroup) => this.#moved(cgroup) === 0);
  }

  #moved(cgroup: string): number {
    return (this.#last.get(cgroup) ?? 0) - (this.#expected.get(cgroup) ?? 0);
  }
}
