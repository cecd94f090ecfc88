import { markup, type Markup } from '../markup.ts';
import type { AuditFigures } from '../oom/kill-audit.ts';

/** How the agent is. */
export interface PageStatus {
  /** What is wrong, be the agent ready or not; empty when nothing is. */
  readonly problems: readonly string[];
  /** What was looked at and is not wrong. */
  readonly fine: readonly string[];
  /** None for a saved log. */
  readonly audit: AuditFigures | 'unknown' | undefined;
  /** How many kills wait for their attribution. */
  readonly pending: number;
}

/** Healthy or not and why; whether all kills were seen; how many wait. */
export function renderStatus({ problems, fine, audit, pending }: PageStatus): Markup {
  const health =
    problems.length === 0
      ? markup`<b class="good">Healthy</b>: ${fine.join(', ')}.`
      : markup`<b class="bad">Not healthy</b>: ${problems.join('; ')}.`;
  return markup`<dl>
<dt>Health</dt><dd>${health}</dd>
<dt>Audit</dt><dd>${auditWords(audit)}</dd>
<dt>Pending</dt><dd>${pendingWords(pending)}</dd>
</dl>
`;
}

function auditWords(audit: AuditFigures | 'unknown' | undefined): Markup {
  if (audit === undefined) return markup`None: a saved log is read.`;
  if (audit === 'unknown') {
    return markup`Nothing is proved: no comparison yet, or a kernel that counts no OOM kills (before 4.13).`;
  }
  const { counted, recorded, beforeStart, lost, unexplained } = audit;
  const figures = `of ${kills(counted)} since boot that the kernel counted, ${recorded} were read and ${beforeStart} came before the agent’s start`;
  if (lost === 0 && unexplained === 0) return markup`<b class="good">Clean</b>: ${figures}.`;
  return markup`<b class="bad">Not clean</b>: ${figures}; ${lost} went with records that the kernel’s ring dropped, ${unexplained} are in no line of the log.`;
}

function pendingWords(pending: number): Markup {
  if (pending === 0) return markup`No kill waits for its pod.`;
  return markup`<b class="bad">${kills(pending)}</b> waiting: whose is not decided before there is news of the pods.`;
}

function kills(count: number): string {
  return count === 1 ? '1 kill' : `${count} kills`;
}
