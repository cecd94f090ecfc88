import { formatKb } from '../recorder/format-kb.ts';
import { accountedFor } from './break-down.ts';
import type { Facts } from './facts.ts';

/** Below that a part of the statistics is missing, or a cgroup of the subtree. */
const NEARLY_ALL = 0.9;

/** What cannot be said of it, and why. */
export function unsaid(facts: Facts): readonly string[] {
  const { attribution, pod } = facts;
  const owner = attribution.owner !== undefined && pod === undefined;
  return [
    ...aboutReport(facts),
    ...(attribution.isOneOfSeveral === true ? [ONE_OF_SEVERAL] : []),
    ...(owner ? [NO_POD] : []),
  ];
}

function aboutReport(facts: Facts): readonly string[] {
  const { context } = facts.episode;
  if (context === 'suppressed') return [SUPPRESSED];
  if (context === 'none') return [NO_REPORT];
  return [...aboutTable(facts), ...aboutMemory(facts)];
}

const SUPPRESSED =
  'Whose limit it was, who else used memory and what for: the kernel explains ten kills in five seconds and withheld the rest of this report.';
const NO_REPORT =
  'Who else used memory and what for: the agent read the tracepoint oom:mark_victim and not the kernel log, where the report is (dmesg has it for a while).';
const ONE_OF_SEVERAL =
  'Which process of this container was killed: several were at that moment, and nothing tells which of them died where.';
const PARTIAL =
  'A part of the report is missing (records were lost, or the log begins in the middle): what is shown may not be all of it.';
const NO_TABLE =
  'Who else used memory: there is no task table (the kernel prints one where vm.oom_dump_tasks is 1).';
const TABLE_LOST = 'Who else used memory: no task table is in what is left of the report.';
const TABLE_HIDDEN =
  'Who else used memory: other namespaces may share that limit, and only who may see all of them is shown their processes.';
const CUT = 'Who used little: only the largest tasks of the table were kept.';
const NOT_LISTED =
  'How large the victim was beside the others: it is not in the task table (it was forked since, or is a thread).';
const NO_PAGE_SIZE =
  'Sizes of the tasks in bytes: the table is in pages, and nothing in the report tells how large a page is.';
const NO_STATISTICS = 'Where the memory went: there are no memory statistics of this kill.';
const NO_POD =
  'Which Pod and container it was by name: its cgroup is of a pod that is not known here (explain --pods takes a list of them).';

function aboutTable({ episode, pageKb, isTableCut, isTableHidden }: Facts): readonly string[] {
  const { tasks, victim, context } = episode;
  const told = context === 'partial' ? [PARTIAL] : [];
  if (isTableHidden) return [...told, TABLE_HIDDEN];
  if (tasks.length === 0) return [...told, context === 'partial' ? TABLE_LOST : NO_TABLE];
  const isListed = tasks.some(({ pid }) => pid === victim.pid);
  return [
    ...told,
    ...(isTableCut ? [CUT] : []),
    ...(isListed || isTableCut ? [] : [NOT_LISTED]),
    ...(pageKb === undefined ? [NO_PAGE_SIZE] : []),
  ];
}

function aboutMemory({ breakdown, level }: Facts): readonly string[] {
  if (breakdown === undefined) return [NO_STATISTICS];
  const told = accountedFor(breakdown);
  if (level === 'system' || told >= NEARLY_ALL) return [];
  const size = formatKb(breakdown.wholeKb * (1 - told));
  return [
    `What ${size} of it is: the statistics do not add up to what was in use, and each may be too small.`,
  ];
}
