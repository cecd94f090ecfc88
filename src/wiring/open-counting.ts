import type { Edge } from '../edge.ts';
import type { Logger } from '../logger.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { MarkJoin } from '../oom/join-marks.ts';
import { type AuditFigures, KillAudit, type MissingKills } from '../oom/kill-audit.ts';
import type { EvidenceFinder } from '../oom/look-at-kills.ts';
import { KillLedger } from '../oom/kill-ledger.ts';
import { cgroupCounters } from '../pods/cgroup-counters.ts';
import { hasSurvived, MainProcess } from '../pods/main-process.ts';
import { MainProcessNotes } from '../pods/main-process-notes.ts';
import { nodeEvidence } from '../pods/node-evidence.ts';
import type { Tally } from '../tally.ts';
import type { AgentOptions, Source } from './agent-options.ts';
import { type ConfirmOptions, openMarks } from './open-marks.ts';
import { type NodeOptions, openNode } from './open-node.ts';

/** What the node itself can tell of the kills in its log. */
export interface Counting extends Disposable {
  /** Where a victim was, and whether a group was killed. */
  readonly evidence: EvidenceFinder;
  /** Whether the main process of the victim's container lives on. */
  readonly survived: (episode: OomEpisode) => Promise<boolean>;
  /** Which process is the main one of which container; to be told of every change of a pod. */
  readonly notes: MainProcessNotes;
  /** Whose a kill without context was. */
  readonly ledger: KillLedger;
  /** Who was marked as a victim, where the tracepoint is read. */
  readonly marks: MarkJoin | undefined;
  /** Whether one was missed. */
  readonly audit: KillAudit;
}

/**
 * For the log of this kernel; of a saved one the processes are long gone, and its kills are in no counter now.
 *
 * @throws TracefsError
 */
export function openCounting(
  options: NodeOptions & ConfirmOptions & Pick<AgentOptions, 'source'>,
  tally: Tally,
  log: Logger,
  { clock, onExit }: Pick<Edge, 'clock' | 'onExit'>,
): Counting {
  const { tree, proc } = openNode(options);
  const counters = cgroupCounters(tree, proc);
  const source = openMarks(options, log, onExit);
  const marks = source && new MarkJoin(source, tally);
  const audit = new KillAudit({
    total: () => counters.total(),
    tally,
    marks,
    onMissing: (figures, missing) => sayMissing(options.source, figures, missing, log),
  });
  const notes = new MainProcessNotes(tree, proc);
  const mainProcess = new MainProcess(tree, proc);
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(ms, resolve));
  return {
    evidence: nodeEvidence(tree, proc, notes, () => clock.monotonicMs()),
    notes,
    survived: (episode) => hasSurvived(episode, mainProcess, sleep),
    ledger: new KillLedger(counters),
    marks,
    audit,
    [Symbol.dispose]: () => source?.[Symbol.dispose](),
  };
}

function sayMissing(
  source: Source,
  figures: AuditFigures,
  { kills, victims }: MissingKills,
  log: Logger,
): void {
  const where = source === 'kmsg' ? 'its log' : 'the tracepoint';
  log.warn(figures, `the kernel counted oom kills ${where} did not show`);
  const oneOfSeveral = victims.length > kills ? true : undefined;
  for (const { markedUs: _, ...victim } of victims)
    log.warn({ ...victim, oneOfSeveral }, 'oom victim named by the tracepoint alone');
}
