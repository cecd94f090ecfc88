import { type Assembly, begin, endReport, grow } from './assembly.ts';
import { hasContextsLeft } from './context-ratelimit.ts';
import type { KillLine } from './kill-line.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import { belongs, isLateGroup, isLateMember, isSeenOutside, isVictimOf } from './match-report.ts';
import { hasContext, type PartialReport, type Reaped } from './partial-report.ts';

/** A process was killed: of the report that is open, late of the one before, or of its own. */
export function addKill(known: Assembly, line: KillLine, record: RecordWithEvidence): Assembly {
  const { report, last, contexts, afterGap } = known;
  const hasLeft = !afterGap && hasContextsLeft(contexts, record.monotonicUs);
  const kill = { ...line, record };
  if (report === undefined && last !== undefined && isLateMember(last, kill, hasLeft)) {
    return grow(known, record, { ...last, kills: [kill] });
  }
  const place = report === undefined ? 'no' : belongs(report, kill, hasLeft);
  if (report === undefined || place === 'no') {
    return endIfAlone(begin(known, record, { kills: [kill] }), record);
  }
  const kills = [...report.kills, { ...kill, isUncertain: place === 'uncertain' }];
  return endIfAlone(grow(known, record, { ...report, kills }), record);
}

/** A kill that cannot be a group's has been told with its line. */
function endIfAlone(known: Assembly, { noGroup }: RecordWithEvidence): Assembly {
  const { report } = known;
  const isAlone = report?.kills.length === 1 && report.group === undefined;
  return isAlone && noGroup === true ? endReport(known) : known;
}

/**
 * `Tasks in … are going to be killed`: what follows are members. Where members were already being
 * folded, the kill line directly before it was no member but the next group's first victim.
 */
export function addGroup(known: Assembly, group: string, record: RecordWithEvidence): Assembly {
  const { report, last, context } = known;
  if (report === undefined && last !== undefined && isLateGroup(last, group)) {
    return grow(known, record, { ...last, group });
  }
  const victim = context.last?.kind === 'kill' ? report?.kills.at(-1) : undefined;
  const isElsewhere = victim !== undefined && isSeenOutside(victim, group);
  if (report === undefined || isElsewhere || !mayHaveGroup(report)) {
    return begin(known, record, { group });
  }
  if (report.group === undefined) {
    // Before 5.8 or so the kernel did not say that the chosen process was exiting.
    const exiting = report.exiting === true || victim === undefined;
    return grow(known, record, { ...report, group, exiting });
  }
  if (victim === undefined) return begin(known, record, { group });
  const folded = { ...known, report: { ...report, kills: report.kills.slice(0, -1) } };
  return begin(folded, record, { group, kills: [victim] });
}

/** The kernel prints a group's line right behind what it says of the chosen process, if nothing is lost. */
function mayHaveGroup({ kills, cut, oomKill, taskIn, broken }: PartialReport): boolean {
  return kills.length > 0 ? cut !== true : (oomKill ?? taskIn) !== undefined && !broken;
}

/**
 * A process that was exiting by itself is not killed. The kernel says it of the victim it chose, and
 * goes on to the rest of its group where there is one, or of a member of a group.
 */
export function skipExiting(known: Assembly, record: RecordWithEvidence): Assembly {
  const { report, last } = known;
  if (report === undefined)
    return last?.group === undefined ? { ...known, last: undefined } : known;
  if (report.group !== undefined) return grow(known, record, report);
  if (report.kills.length > 0) return { ...endReport(known), last: undefined };
  return grow(known, record, { ...report, exiting: true });
}

/**
 * The reaper is evidence of a kill only where the kill line is missing: the report is open, names
 * this process or none, and nobody recorded it yet. The kill line still wins if it comes.
 */
export function addReaped(known: Assembly, reaped: Reaped): Assembly {
  const { report } = known;
  if (report === undefined || report.kills.length > 0 || !hasContext(report)) return known;
  if (report.exiting === true) return known;
  if (known.recentPids.includes(reaped.pid) || !isVictimOf(report, reaped.pid)) return known;
  return { ...known, report: { ...report, reaped } };
}

/** The kernel gave up: a report with no kill, and no episode. */
export function endWithoutKill(known: Assembly): Assembly {
  const isOfKill = known.report !== undefined && known.report.kills.length > 0;
  const ended = isOfKill
    ? endReport(known)
    : { ...known, report: undefined, quietSinceMs: undefined };
  return { ...ended, last: undefined };
}
