import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { ExpectedEvent } from '../judge/expected.ts';
import type { Figures } from './figures.ts';
import type { KernelFacts } from './kernel-span.ts';
import type { ContainerProcess } from './processes.ts';

/** Everything there is to see after a row, each from where a person would look. */
export interface Seen {
  readonly namespace: string;
  readonly nodeName: string;
  readonly expected: readonly ExpectedEvent[];
  /** The agent's, new or counted up since the row began, of every namespace. */
  readonly events: readonly CoreV1Event[];
  /** What the kubelet says of running out of memory, in Events of its own. */
  readonly kubeletEvents: readonly CoreV1Event[];
  readonly pods: readonly V1Pod[];
  readonly kernel: KernelFacts;
  readonly before: Figures;
  readonly after: Figures;
  readonly processes: readonly ContainerProcess[];
  readonly isSingleProcess: boolean;
  /** Neither that of the row's first scrape, nor its counts since its start. */
  readonly isAnotherAgent: boolean;
}
