import { formatKb } from '../recorder/format-kb.ts';
import type { Rule } from './advise.ts';
import { type Facts, isAskedFor, shareOf, sizeWords } from './facts.ts';

/** A node keeps one to three per cent free for the kernel itself; more was there to be used. */
const MUCH_FREE = 0.1;
const MANY_HUGEPAGES = 0.25;

/** oom_constraint in mm/oom_kill.c: only some of the memory nodes would do. */
const BOUND = new Map([
  ['CONSTRAINT_CPUSET', 'its cpuset (cpuset.mems) allows only some of the memory nodes'],
  [
    'CONSTRAINT_MEMORY_POLICY',
    'its memory policy (mbind, numactl) allows only some of the memory nodes',
  ],
]);

/** Rules about a shortage of the whole system; the conditions are in docs/explain.md. */
export const NODE_RULES: readonly Rule[] = [
  {
    name: 'sysrq',
    advise: (facts) =>
      isAskedFor(facts)
        ? 'Somebody asked the kernel to kill a process (sysrq f): no limit and no shortage did. Find out who writes to /proc/sysrq-trigger.'
        : undefined,
  },
  { name: 'bound-nodes', advise: (facts) => adviseBound(facts) },
  { name: 'memory-left', advise: (facts) => adviseLeft(facts) },
  { name: 'node-memory', advise: (facts) => adviseNode(facts) },
  { name: 'huge-pages', advise: (facts) => adviseHugepages(facts) },
];

function isShortage(facts: Facts): boolean {
  return facts.level === 'system' && !isAskedFor(facts);
}

function isBound({ episode }: Facts): boolean {
  return BOUND.has(episode.constraint ?? '');
}

function adviseBound(facts: Facts): string | undefined {
  const why = BOUND.get(facts.episode.constraint ?? '');
  if (!isShortage(facts) || why === undefined) return undefined;
  return `The task that asked for memory may not use all of the node: ${why}, and those were full. Widen it, or put less there.`;
}

function adviseLeft(facts: Facts): string | undefined {
  const { freeKb } = facts.memory;
  const { order = 0 } = facts.episode.invoker ?? {};
  if (!isShortage(facts) || isBound(facts) || freeKb === undefined) return undefined;
  if (shareOf(facts, freeKb) <= MUCH_FREE) return undefined;
  const why =
    order > 0
      ? `${2 ** order} pages in a row were asked for, and free memory is in smaller pieces`
      : 'the task may be bound to some of the memory nodes, which this kernel does not say';
  return `${sizeWords(facts, freeKb)} of the node's memory was free and could not be used: ${why}.`;
}

function adviseNode(facts: Facts): string | undefined {
  const { freeKb, totalKb } = facts.memory;
  if (!isShortage(facts) || isBound(facts)) return undefined;
  if (freeKb === undefined || totalKb === undefined) return undefined;
  if (shareOf(facts, freeKb) > MUCH_FREE) return undefined;
  return `The node itself ran out of memory: ${formatKb(freeKb)} of ${formatKb(totalKb)} was free. It is over-committed: set requests to what the pods really use and limits where there are none, reserve more for the system (systemReserved), or let the kubelet evict earlier (evictionHard, memory.available).`;
}

function adviseHugepages(facts: Facts): string | undefined {
  const { hugepagesKb = 0 } = facts.memory;
  if (facts.level !== 'system' || shareOf(facts, hugepagesKb) < MANY_HUGEPAGES) return undefined;
  return `${sizeWords(facts, hugepagesKb)} is set aside for huge pages, used or not: reserve fewer (vm.nr_hugepages).`;
}
