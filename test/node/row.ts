import type { ExpectedEvent } from './judge/expected.ts';
import type { Scene } from './play/scene.ts';

/** One line of the matrix: something that happens on a node, and every Event that must come of it. */
export interface Row {
  /** For `--row`, in the table, and of its namespace. */
  readonly name: string;
  /** In the short form, for CI. */
  readonly inShort?: true;
  /** With the kubelet's `singleProcessOOMKill`: neither the container nor its other processes are killed. */
  readonly singleProcess?: true;
  /** Played as often as `--storms` says; its Events are counted into the figures of the storms. */
  readonly isStorm?: true;
  /** The agent is not the same at its end: what it counts since its start cannot be compared. */
  readonly replacesAgent?: true;
  /** Makes it happen. Resolves when all is done that kills, with what must be heard of it. */
  readonly play: (scene: Scene) => Promise<readonly ExpectedEvent[]>;
  /** What else must hold once all is heard: a line for each thing that does not. */
  readonly afterwards?: (scene: Scene) => Promise<readonly string[]>;
}
