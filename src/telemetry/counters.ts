import { LIMIT_LEVELS } from '../oom/episode.ts';
import { ATTRIBUTION_SOURCES, type AttributionSource } from '../pods/attribute.ts';
import type { PostOutcome } from '../outputs/event-output.ts';
import type { SkipReason } from '../correlator/decision.ts';
import type { EpisodeCounters, RecordedEpisode } from '../recorder/recorded-episode.ts';
import { ContainerKills, type KnownPods } from './container-kills.ts';
import { LabelCounts } from './label-counts.ts';

/** What told whose a kill was although the kernel withheld the context, which is what `kernel` means. */
const SOURCES = ATTRIBUTION_SOURCES.filter((source) => source !== 'kernel');

const POST_OUTCOMES: readonly PostOutcome[] = [
  'created',
  'patched',
  'exists',
  'expired-recreated',
  'retried',
  'refused',
  'gave-up',
  'unreadable',
];
const SKIP_REASONS: readonly SkipReason[] = ['held', 'capped', 'dropped'];

/** What is counted left of the buffer; the agent's tally has it for one run. */
const READ = [
  'records',
  'lost',
  'malformed',
  'forged',
  'callbacksSuppressed',
  'marksJoined',
  'marksAlone',
  'marksCounted',
  'marksNoKill',
  'marksLost',
] as const;
export type LogCounts = Readonly<Record<(typeof READ)[number], number>>;
const NOTHING_READ = Object.fromEntries(READ.map((key) => [key, 0])) as LogCounts;

/**
 * Everything that is counted. Plain numbers, added to as things happen and read when somebody asks.
 * What is left of the buffer has a tally of its own, which begins at 0 with the agent (the audit
 * compares it with what the kernel counted since); here it goes on from earlier runs. `JSON.stringify` gives what
 * the store keeps, `restore` goes on from it, so that no counter starts anew with the agent.
 */
export class Counters implements EpisodeCounters {
  readonly kills: ContainerKills;
  readonly episodes = new LabelCounts([...LIMIT_LEVELS, 'unknown']);
  readonly suppressed = new LabelCounts<AttributionSource>(SOURCES);
  readonly posts = new LabelCounts(POST_OUTCOMES);
  readonly skips = new LabelCounts(SKIP_REASONS);
  /** Processes killed in the episodes that were recorded. */
  killed = 0;
  /** Episodes that were attributed early, because too many were pending. */
  early = 0;
  readonly #tally: LogCounts;
  /** By the output's name; what an earlier process counted, where this one has not asked for it. */
  readonly #outputs = new Map<string, unknown>();
  /** What earlier runs read. */
  readonly #readBefore = new LabelCounts(READ);

  /** @param tally what this run reads, as it stands */
  constructor(knownPods: KnownPods, nowMs: () => number, tally: LogCounts = NOTHING_READ) {
    this.#tally = tally;
    this.kills = new ContainerKills(knownPods, nowMs);
  }

  /** What was read of the kernel's log, by this run and those before it. */
  get log(): LogCounts {
    const sums: Record<keyof LogCounts, number> = { ...NOTHING_READ };
    for (const [key, before] of this.#readBefore.entries()) sums[key] = before + this.#tally[key];
    return sums;
  }

  /** What the tracepoint's victims came to, as a metric shows it. */
  marks(): (readonly [{ readonly kill: string }, number])[] {
    const { marksJoined, marksAlone, marksCounted, marksNoKill } = this.log;
    return [
      [{ kill: 'in-log' }, marksJoined],
      [{ kill: 'not-in-log' }, marksAlone],
      [{ kill: 'counted' }, marksCounted],
      [{ kill: 'none' }, marksNoKill],
    ];
  }

  /** What came of what goes to an output, from its earlier runs on. */
  output<O extends string>(name: string, outcomes: readonly O[]): LabelCounts<O> {
    const counts = new LabelCounts(outcomes);
    counts.restore(this.#outputs.get(name));
    this.#outputs.set(name, counts);
    return counts;
  }

  /** An episode that is in the store now; each once. */
  recorded({ episode, attribution }: RecordedEpisode): void {
    this.episodes.add(attribution.limitLevel ?? 'unknown');
    if (episode.context === 'suppressed') this.suppressed.add(attribution.source);
    this.killed += 1 + episode.members.length;
    if (attribution.isEarly === true) this.early += 1;
    for (const subject of attribution.subjects) {
      if (subject.kind !== 'pod') continue;
      const { namespace, name: pod } = subject.pod;
      const container = subject.container?.name ?? '';
      this.kills.count({ namespace, pod, container }, episode.sequence);
    }
  }

  /** So many more processes turned out to be an episode's that is counted already. */
  foundMembers(processes: number): void {
    this.killed += processes;
  }

  toJSON(): object {
    const { kills, episodes, suppressed, posts, skips, killed, early, log } = this;
    const outputs = Object.fromEntries(this.#outputs);
    return { kills, episodes, suppressed, posts, skips, outputs, killed, early, log };
  }

  /** @param saved what `toJSON()` gave; whatever of it cannot be read counts from 0 again */
  restore(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const { kills, episodes, suppressed, posts, skips, points, outputs, killed, early, log } =
      saved as Record<keyof Counters | 'points' | 'outputs', unknown>;
    this.kills.restore(kills);
    this.episodes.restore(episodes);
    this.suppressed.restore(suppressed);
    this.posts.restore(posts);
    this.skips.restore(skips);
    // `points` is where an earlier version kept InfluxDB's.
    const byOutput = { influx: points, ...(outputs as object | undefined) };
    for (const [name, counts] of Object.entries(byOutput)) this.#outputs.set(name, counts);
    this.#readBefore.restore(log);
    this.killed += countIn(killed);
    this.early += countIn(early);
  }
}

function countIn(saved: unknown): number {
  return typeof saved === 'number' && Number.isFinite(saved) && saved > 0 ? saved : 0;
}
