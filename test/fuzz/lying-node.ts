import { dirname } from 'node:path/posix';
import * as fc from 'fast-check';
import { noop } from 'rxjs';
import type { KillEvidence } from '../../src/oom/episode.ts';
import { KillLedger } from '../../src/oom/kill-ledger.ts';
import type { EvidenceFinder } from '../../src/oom/look-at-kills.ts';
import { lies, LyingCounters, nth } from './lying-counters.ts';

/** Cgroups that it may name: of pods that no recording has. */
export const EVIDENCE = {
  one: `/kubepods/burstable/podeeeeeeee-0000-4000-8000-000000000001/${'c1'.repeat(32)}`,
  other: `/kubepods.slice/kubepods-podeeeeeeee_0000_4000_8000_000000000002.slice/cri-containerd-${'c2'.repeat(32)}.scope`,
} as const;
export const EVIDENCE_UID = /^eeeeeeee-0000-4000-8000-00000000000[12]$/;
const COUNTED = Object.values(EVIDENCE).flatMap((cgroup) => [cgroup, dirname(cgroup)]);

const whose = fc.array(fc.constantFrom(undefined, undefined, undefined, 'one', 'other'), {
  minLength: 1,
  maxLength: 5,
});

/** What a node says of the dying, kill for kill, and counts, be it so or not. */
export const nodeLies = fc.record({
  evidence: whose,
  mainProcess: whose,
  excludesGroup: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  counters: lies,
});
export type NodeLies = typeof nodeLies extends fc.Arbitrary<infer T> ? T : never;

/** Whom the evidence step asks. */
export class LyingNode implements EvidenceFinder {
  readonly ledger: KillLedger;
  readonly takeSnapshot = noop;
  readonly dropSnapshot = noop;
  readonly #told: NodeLies;
  readonly #counters: LyingCounters;
  #kills = 0;

  constructor(told: NodeLies) {
    this.#told = told;
    this.#counters = new LyingCounters(told.counters, COUNTED, () => this.#kills);
    this.ledger = new KillLedger(this.#counters);
    const rows = COUNTED.map((cgroup) => [cgroup, 0] as const);
    this.ledger.restore({ sequence: -1, total: 0, rows });
  }

  evidenceOf(): KillEvidence | undefined {
    this.#kills += 1;
    const told = nth(this.#told.evidence, this.#kills);
    return told && { cgroup: EVIDENCE[told], source: 'proc' };
  }

  mainProcess(): string | undefined {
    const told = nth(this.#told.mainProcess, this.#kills);
    if (told !== undefined) this.#counters.kill(EVIDENCE[told]);
    return told && EVIDENCE[told];
  }

  excludesGroup(): boolean {
    return nth(this.#told.excludesGroup, this.#kills) === true;
  }
}
