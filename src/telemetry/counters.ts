import type { LimitLevel } from '../oom/episode.ts';
import type { AttributionSource } from '../pods/attribute.ts';
import type { PostOutcome } from '../post/post-report.ts';
import type { SkipReason } from '../correlator/decision.ts';
import type { RecordedEpisode } from '../recorder/recorded-episode.ts';
import { ContainerKills, type KnownPods } from './container-kills.ts';
import { LabelCounts } from './label-counts.ts';

const LEVELS: readonly (LimitLevel | 'unknown')[] = [
  'container',
  'pod',
  'qos',
  'node-allocatable',
  'system',
  'host',
  'unknown',
];

/** What told whose a kill was although the kernel withheld the context. */
export const WITNESSES: readonly AttributionSource[] = [
  'kernel',
  'group-line',
  'proc',
  'counters',
  'pod-counter',
  'pod-status',
  'none',
];

const POST_OUTCOMES: readonly PostOutcome[] = [
  'created',
  'patched',
  'exists',
  'expired-recreated',
  'retried',
  'refused',
  'gave-up',
];
const SKIP_REASONS: readonly SkipReason[] = ['held', 'dropped'];

/** What came of a point on its way to InfluxDB. */
export const POINT_OUTCOMES = ['written', 'retried', 'refused'] as const;
export type PointOutcome = (typeof POINT_OUTCOMES)[number];

/**
 * Everything that is counted to the right of the buffer. Plain numbers, added to as things happen
 * and read when somebody asks. `JSON.stringify` gives what the store keeps, `restore` goes on from
 * it, so that no counter starts anew with the agent.
 */
export class Counters {
  readonly kills: ContainerKills;
  readonly episodes = new LabelCounts(LEVELS);
  readonly suppressed = new LabelCounts(WITNESSES);
  readonly posts = new LabelCounts(POST_OUTCOMES);
  readonly skips = new LabelCounts(SKIP_REASONS);
  readonly points = new LabelCounts(POINT_OUTCOMES);
  readonly #knownPods: KnownPods;
  readonly #nowMs: () => number;
  #killed = 0;

  constructor(knownPods: KnownPods, nowMs: () => number) {
    this.#knownPods = knownPods;
    this.#nowMs = nowMs;
    this.kills = new ContainerKills(knownPods, nowMs);
  }

  /** Processes killed in the episodes that were recorded. */
  get killed(): number {
    return this.#killed;
  }

  /** An episode that is in the store now; each once. */
  recorded({ episode, attribution }: RecordedEpisode): void {
    this.episodes.add(attribution.limitLevel ?? 'unknown');
    if (episode.context === 'suppressed') this.suppressed.add(attribution.source);
    this.#killed += 1 + episode.members.length;
    for (const subject of attribution.subjects) {
      if (subject.kind !== 'pod') continue;
      const { pod, container } = subject;
      const { namespace, name } = pod;
      this.kills.count({ namespace, pod: name, container: container?.name ?? '' });
    }
  }

  /** What the counters will be once this episode is in the store: for the transaction that puts it there. */
  including(recorded: RecordedEpisode): Counters {
    const after = new Counters(this.#knownPods, this.#nowMs);
    after.restore(JSON.parse(JSON.stringify(this)));
    after.recorded(recorded);
    return after;
  }

  toJSON(): object {
    const { kills, episodes, suppressed, posts, skips, points, killed } = this;
    return { kills, episodes, suppressed, posts, skips, points, killed };
  }

  /** @param saved what `toJSON()` gave; whatever of it cannot be read counts from 0 again */
  restore(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const { kills, episodes, suppressed, posts, skips, points, killed } = saved as Record<
      keyof Counters,
      unknown
    >;
    this.kills.restore(kills);
    this.episodes.restore(episodes);
    this.suppressed.restore(suppressed);
    this.posts.restore(posts);
    this.skips.restore(skips);
    this.points.restore(points);
    if (typeof killed === 'number' && Number.isFinite(killed) && killed > 0) this.#killed += killed;
  }
}
