import { advise } from '../explain/advise.ts';
import type { Advice } from '../explain/explanation.ts';
import { factsOf } from '../explain/facts.ts';
import { type Paint, wrap } from '../explain/layout.ts';
import { limitWords } from '../explain/render-parts.ts';
import { closingLines, proseWidth } from '../explain/render-text.ts';
import { humanDuration } from '../human-duration.ts';
import { COMBINED_PREFIX } from '../correlator/correlator-options.ts';
import { formatKb } from '../recorder/format-kb.ts';
import { safeText } from '../safe-text.ts';
import { withoutAbsent } from '../without-absent.ts';
import { attributionOf, episodeOf } from './explain-episode.ts';
import { processWords } from './kill-table.ts';
import type { OomKill } from './oom-kill.ts';

/** How event-message.ts begins where a container limits itself: raising its own limit would not help. */
const INSIDE = 'Memory limit of a cgroup inside ';

/** How it looks: where the terminal ends, if it is one, and whether it has colours. */
interface Look {
  readonly width: number | undefined;
  readonly paint: Paint;
}

/** What an Event alone says of a kill on a Pod, and what follows from it. Ends with a newline. */
export function explainKill(kill: OomKill, nowMs: number, { width, paint }: Look): string {
  const prose = proseWidth(width);
  const message = kill.isCombined ? kill.message.slice(COMBINED_PREFIX.length) : kill.message;
  return [
    paint('title', titleOf(kill, nowMs)),
    wrap(safeText(message), prose),
    '',
    ...factsLines(kill).map(([label, value]) => `  ${label.padEnd(9)} ${safeText(value)}`),
    ...closingLines({ advice: adviceOf(kill), unsaid: unsaid(kill) }, 'Event', prose, paint),
  ].join('\n');
}

function titleOf({ lastMs, isCombined }: OomKill, nowMs: number): string {
  const what = isCombined ? 'The last of several OOM kills' : 'OOM kill';
  if (lastMs === undefined) return what;
  return `${what}, ${new Date(lastMs).toISOString()}, ${humanDuration(nowMs - lastMs)} ago`;
}

function factsLines(kill: OomKill): readonly (readonly [string, string])[] {
  const { namespace, pod, container, owner, node, count, firstMs } = kill;
  const since = firstMs === undefined ? '' : ` since ${new Date(firstMs).toISOString()}`;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Pod', `${namespace}/${pod}${container === undefined ? '' : `, container ${container}`}`],
    ['Owner', owner],
    ['Node', node],
    ['Limit', limitLine(kill)],
    ['Process', kill.process === undefined ? undefined : victimWords(kill)],
    ['Count', count > 1 ? `${count} kills${since}` : undefined],
  ];
  return lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
}

function limitLine({ limitLevel: level, limitBytes, usageBytes }: OomKill): string | undefined {
  if (level === undefined) return undefined;
  const [limitKb, usageKb] = [inKb(limitBytes), inKb(usageBytes)];
  const used = !limitKb || usageKb === undefined ? undefined : (usageKb / limitKb) * 100;
  const usedPercent = used === undefined ? undefined : Math.round(used);
  return limitWords(withoutAbsent({ level, limitKb, usageKb, usedPercent }));
}

function victimWords(kill: OomKill): string {
  const { process, mainProcessSurvived } = kill;
  const rss = process?.anonRssBytes;
  const size = rss === undefined ? '' : `, anon-rss ${formatKb(Math.round(rss / 1024))}`;
  const survived = mainProcessSurvived === true ? ', the container’s main process survived' : '';
  return `${processWords(kill)}${size}${survived}`;
}

/** What explain's rules say where they are told no more than the Event has. */
function adviceOf(kill: OomKill): readonly Advice[] {
  const { process, limitLevel, limitBytes, usageBytes, message } = kill;
  if (limitLevel === undefined || limitLevel === 'host' || message.startsWith(INSIDE)) return [];
  const victim = process && { pid: process.pid, comm: process.name };
  const told = { victim, usageKb: inKb(usageBytes), limitKb: inKb(limitBytes) };
  const episode = episodeOf(told, kill);
  return episode === undefined ? [] : advise(factsOf(episode, attributionOf(told, kill), true));
}

function inKb(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : Math.floor(bytes / 1024);
}

function unsaid({
  isCombined,
  count,
  process,
  context,
  namespace = '',
  pod = '',
}: OomKill): readonly string[] {
  const which = isCombined
    ? [
        `Which processes and limits the others had: this Event stands for ${count} kills, and its words are the last one’s.`,
      ]
    : process === undefined
      ? ['Which process it was: nothing proves that.']
      : [];
  const whose =
    context === 'suppressed'
      ? ['Whose limit it was: the kernel withheld it (it explains ten kills in five seconds).']
      : [];
  const rest =
    context === 'none'
      ? 'Who else used memory, and what for: the agent there reads no kernel log, which alone tells it.'
      : `Who else used memory, and what for. The node’s history does: kubectl oom ${safeText(pod)} --from-node -n ${safeText(namespace)}.`;
  return [...which, ...whose, rest];
}
