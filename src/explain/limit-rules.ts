import { containerPath } from '../oom/cgroup-path.ts';
import { isLimitOf } from '../recorder/event-message.ts';
import { formatKb } from '../recorder/format-kb.ts';
import type { Rule } from './advise.ts';
import { type Facts, quoted } from './facts.ts';

/** Below that something was freed meanwhile, or the numbers are not of one moment: they prove nothing. */
const REACHED = 0.9;
/** A first step that is felt, and no doubling. */
const MORE = 1.25;
/** Of the step to which it is rounded up: one part in eight at most. */
const ROUNDING_BITS = 3;

/** Rules about the limit itself; the conditions are in docs/explain.md. */
export const LIMIT_RULES: readonly Rule[] = [
  {
    name: 'node-allocatable',
    advise: ({ level }) =>
      level === 'node-allocatable'
        ? 'All pods of the node together reached what the kubelet lets them have (node allocatable): the node is over-committed. Set requests to what the pods really use, so that fewer are scheduled here, or move some away.'
        : undefined,
  },
  {
    name: 'qos-limit',
    advise: ({ level }) =>
      level === 'qos'
        ? 'All pods of this QoS class share the limit that was reached; who was killed need not be who grew. Requests and limits of its own take a pod out of the class; the limit comes from the kubelet (qosReserved) or from whoever set it on the cgroup.'
        : undefined,
  },
  { name: 'inside-container', advise: (facts) => adviseInside(facts) },
  { name: 'pod-limit-shared', advise: (facts) => adviseShared(facts) },
];

/** Last: what is cheap and explains itself comes before it. */
export const RAISE_LIMIT: Rule = { name: 'raise-limit', advise: (facts) => adviseMore(facts) };

function adviseInside(facts: Facts): string | undefined {
  const { oomMemcg = '' } = facts.episode;
  if (!isInside(facts)) return undefined;
  return `Something in the container set a limit of its own on ${quoted(oomMemcg)}: it is that limit that was reached, not the container's.`;
}

function isInside({ level, episode, attribution }: Facts): boolean {
  const { owner } = attribution;
  const { oomMemcg } = episode;
  if (level !== 'container' || owner === undefined || oomMemcg === undefined) return false;
  return oomMemcg !== containerPath(oomMemcg, owner.podPath);
}

function adviseShared({ level, episode, pod, container }: Facts): string | undefined {
  const sharing = pod?.containers.filter(
    ({ list, restarts }) => list === 'containers' || restarts === true,
  );
  if (level !== 'pod' || sharing === undefined || sharing.length < 2) return undefined;
  if (isLimitOf(container, episode.limitKb)) return undefined;
  const names = sharing.map(({ name }) => quoted(name)).join(', ');
  return `${sharing.length} containers share the pod's limit (${names}): the one that was hit need not be the one that grew. Give each a limit of its own to find out.`;
}

function adviseMore(facts: Facts): string | undefined {
  const { level, episode, memory } = facts;
  const { usageKb, limitKb } = episode;
  const whose = limitWords(facts);
  if (level === undefined || whose === undefined) return undefined;
  if (usageKb === undefined || limitKb === undefined || usageKb < limitKb * REACHED)
    return undefined;
  const { swapUsageKb = 0 } = memory;
  const inSwap = swapUsageKb > 0 ? ` and ${formatKb(swapUsageKb)} in swap` : '';
  const enough = formatKb(roundUp(Math.max(usageKb + swapUsageKb, limitKb) * MORE));
  return `Raise ${whose} to ${enough} or more, if that much is really needed: ${formatKb(usageKb)}${inSwap} were in use when it was stopped, and a quarter more is a first step. How much it would have used, no log can say.`;
}

/** Whose limit could be raised, in the words of who sets it. */
function limitWords(facts: Facts): string | undefined {
  const { level, episode, pod, container } = facts;
  const ofContainer =
    container === undefined
      ? "the container's memory limit"
      : `the memory limit of container ${quoted(container.name)}`;
  if (level === 'host')
    return `the limit of ${quoted(episode.oomMemcg ?? '')} (MemoryMax= of a systemd unit)`;
  if (level === 'container') return isInside(facts) ? 'the limit that was set there' : ofContainer;
  if (level !== 'pod') return undefined;
  if (isLimitOf(container, episode.limitKb)) return ofContainer;
  return pod?.limitBytes === undefined
    ? "the pod's memory limit (its containers', or spec.resources of the pod)"
    : "the pod's memory limit (spec.resources of the pod)";
}

/** To a step of a power of two. */
function roundUp(kb: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(kb)) - ROUNDING_BITS);
  return Math.ceil(kb / step) * step;
}
