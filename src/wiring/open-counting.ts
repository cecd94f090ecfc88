import type { Edge } from '../edge.ts';
import type { Log } from '../log.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { KillAudit } from '../oom/kill-audit.ts';
import type { EvidenceFinder } from '../oom/look-at-kills.ts';
import { KillLedger } from '../oom/kill-ledger.ts';
import { CgroupCounters } from '../pods/cgroup-counters.ts';
import { hasSurvived } from '../pods/has-survived.ts';
import { MainProcess } from '../pods/main-process.ts';
import { MainProcessNotes } from '../pods/main-process-notes.ts';
import { NodeEvidence } from '../pods/node-evidence.ts';
import type { Tally } from '../tally.ts';
import { type NodeOptions, openNode } from './open-node.ts';

/** What the node itself can tell of the kills in its log. */
export interface Counting {
  /** Where a victim was, and whether a group was killed. */
  readonly evidence: EvidenceFinder;
  /** Whether the main process of the victim's container lives on. */
  readonly survived: (episode: OomEpisode) => Promise<boolean>;
  /** Which process is the main one of which container; to be told of every change of a pod. */
  readonly notes: MainProcessNotes;
  /** Whose a kill without context was. */
  readonly ledger: KillLedger;
  /** Whether one was missed. */
  readonly audit: KillAudit;
}

/** For the log of this kernel; of a saved one the processes are long gone, and its kills are in no counter now. */
export function openCounting(
  options: NodeOptions,
  tally: Tally,
  log: Log,
  { clock }: Pick<Edge, 'clock'>,
): Counting {
  const { tree, proc } = openNode(options);
  const counters = new CgroupCounters(tree, proc);
  const audit = new KillAudit({
    total: () => counters.total(),
    tally,
    onMissing: (figures) => log.warn(figures, 'the kernel counted oom kills its log did not show'),
  });
  const notes = new MainProcessNotes(tree, proc);
  const mainProcess = new MainProcess(tree, proc);
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(ms, resolve));
  return {
    evidence: new NodeEvidence(tree, proc, notes, () => clock.monotonicMs()),
    notes,
    survived: (episode) => hasSurvived(episode, mainProcess, sleep),
    ledger: new KillLedger(counters),
    audit,
  };
}
