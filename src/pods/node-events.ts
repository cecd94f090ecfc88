import type { Attribution } from './attribute.ts';

/**
 * Whether Node Events are wanted (`--node-events`). `off` is for nodes whose kubelet and
 * node-problem-detector post them already: there the kill is in the history and the metrics alone.
 */
export type NodeEvents = 'on' | 'off';

/** The answer without the Node where its Events are not wanted. */
export function withNodeEvents(attribution: Attribution, wanted: NodeEvents): Attribution {
  if (wanted === 'on') return attribution;
  return { ...attribution, subjects: attribution.subjects.filter(({ kind }) => kind !== 'node') };
}
