import type { ByteString } from '../kmsg/record.ts';
import { decodePath } from './decode-name.ts';
import type { ContextKind, KilledProcess, LimitLevel, OomEpisode } from './episode.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import type { KillCause } from './kill-line.ts';
import { limitLevel } from './limit-level.ts';
import { isVictimOf } from './match-report.ts';
import { readMemoryStatistics } from './memory-statistics.ts';
import { readOomKillLine } from './oom-kill-line.ts';
import { pageSizeKb } from './page-size.ts';
import {
  hasContext,
  inOrder,
  type Kill,
  type PartialReport,
  type Reaped,
  taskRows,
} from './partial-report.ts';

/** oom_constraint in mm/oom_kill.c: a memory cgroup's limit. */
const CONSTRAINT_MEMCG = 'CONSTRAINT_MEMCG';

/** What became of a report: the episode it proves, or `undefined` where nobody was killed. */
export function toEpisode(report: PartialReport): OomEpisode | undefined {
  const { kills, reaped } = report;
  const [first] = kills;
  if (first !== undefined) return episodeOfKills(report, first);
  // The reaper's word was taken before the report had named its victim: now it can be checked.
  const isOurs = reaped !== undefined && isVictimOf(report, reaped.pid);
  return isOurs ? episodeOfReaped(report, reaped) : undefined;
}

function episodeOfKills(report: PartialReport, first: Kill): OomEpisode {
  return {
    ...whatWasSaid(report),
    ...whenKilled(first.record),
    lastSequence: report.lastSequence,
    context: contextOf(report),
    killLines: report.kills.length,
    victim: first.process,
    members: membersOf([first.process], report.kills),
    evidence: first.record.evidence,
    group: report.group,
  };
}

/** The episode with what came late; `undefined` where nothing did. */
export function amendEpisode(before: OomEpisode, report: PartialReport): OomEpisode | undefined {
  const { kills, group, lastSequence } = report;
  if (kills.length === 0) return undefined;
  const killed = [before.victim, ...before.members];
  return {
    ...before,
    taskMemcg: before.taskMemcg ?? group,
    group: before.group ?? group,
    lastSequence,
    killLines: before.killLines + kills.length,
    members: [...before.members, ...membersOf(killed, kills)],
  };
}

/** A group kill prints its first victim twice; it is one process. */
function membersOf(
  killed: readonly KilledProcess[],
  kills: readonly Kill[],
): readonly KilledProcess[] {
  const seen = new Set(killed.map(({ pid }) => pid));
  return kills.map((kill) => kill.process).filter(({ pid }) => !seen.has(pid) && seen.add(pid));
}

function episodeOfReaped(report: PartialReport, reaped: Reaped): OomEpisode {
  const { record, pid, comm } = reaped;
  const row = taskRows(report).find((task) => task.pid === pid);
  return {
    ...whatWasSaid(report),
    ...whenKilled(record),
    lastSequence: record.sequence,
    context: 'partial',
    killLines: 0,
    victim: { pid, comm, uid: row?.uid, oomScoreAdj: row?.oomScoreAdj },
    members: [],
  };
}

function whenKilled({ sequence, monotonicUs, atMs }: RecordWithEvidence) {
  return { sequence, monotonicUs, atMs };
}

/** The facts of the context, put together now that the victim's name is known. */
function whatWasSaid(report: PartialReport): Partial<OomEpisode> & Pick<OomEpisode, 'tasks'> {
  const { oomKill, kills } = report;
  const chosen = oomKill === undefined ? undefined : readOomKillLine(oomKill, kills[0]?.commBytes);
  const cause = causeOf(report);
  const ofMemcg = cause === 'memcg' || report.taskIn !== undefined;
  const constraint = chosen?.constraint ?? (ofMemcg ? CONSTRAINT_MEMCG : undefined);
  const oomMemcg = decodePath(chosen?.oomMemcg ?? report.taskIn?.oomMemcg);
  return {
    constraint,
    limitLevel: levelOf(constraint, cause, oomMemcg),
    oomMemcg,
    taskMemcg: victimMemcg(report, chosen?.taskMemcg),
    usageKb: report.usageKb,
    limitKb: report.limitKb,
    memory: memoryOf(report),
    invoker: report.invoker,
    tasks: taskRows(report),
  };
}

function memoryOf(report: PartialReport) {
  const { usageKb, limitKb, kills, statistics } = report;
  const killed = kills.map(({ process }) => process);
  const pageKb = pageSizeKb(killed, taskRows(report));
  return readMemoryStatistics(inOrder(statistics), { usageKb, limitKb, pageKb });
}

/** Where the chosen process was exiting, somebody else of its group is the victim. */
function victimMemcg(
  { taskIn, group, exiting }: PartialReport,
  chosen: ByteString | undefined,
): string | undefined {
  return exiting === true ? group : (decodePath(chosen ?? taskIn?.taskMemcg) ?? group);
}

/** Before 5.2 the cause stands in the line that announces the kill. */
function causeOf({ announced, kills }: PartialReport): KillCause {
  const cause = kills[0]?.cause ?? 'unsaid';
  return cause === 'unsaid' ? (announced?.cause ?? 'unsaid') : cause;
}

/** Every constraint but the memory cgroup's is a shortage of the system, or of a part of it. */
function levelOf(
  constraint: string | undefined,
  cause: KillCause,
  oomMemcg: string | undefined,
): LimitLevel | undefined {
  if (oomMemcg !== undefined) return limitLevel(oomMemcg);
  const systemWide =
    constraint === undefined ? cause === 'system' : constraint !== CONSTRAINT_MEMCG;
  return systemWide ? 'system' : undefined;
}

function contextOf(report: PartialReport): ContextKind {
  if (report.invoker !== undefined && !report.broken) return 'full';
  return hasContext(report) || report.broken ? 'partial' : 'suppressed';
}
