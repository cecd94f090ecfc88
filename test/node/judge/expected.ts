/** An Event that a row must bring, once. */
export interface ExpectedEvent {
  /** Of the row's namespace; the Node where there is none. */
  readonly pod?: string;
  readonly fieldPath?: string;
  readonly reason: 'OOMKilling' | 'SystemOOM';
  /** The messages that are right. Of several, the first is the one that says most. */
  readonly says: readonly string[];
}

const WITHHELD = ': the kernel withheld which memory limit was reached (rate limit)';
const SURVIVED = ", the container's main process survived";

/**
 * What stands in a message for what differs each time; everything else is as the row has it. How many
 * others is the kernel's to say: where it comes to the main process first, which is init to the rest,
 * those end with it, and have no line of their own. It is compared with the log.
 */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '{pid}': String.raw`(?<pid>\d+)`,
  '{size}': String.raw`\d+(?:Ki|Mi|Gi)`,
  '{others}': '(?:1 other process|[2-9] other processes)',
};

export function onPod(
  pod: string,
  says: string | readonly string[],
  fieldPath = 'spec.containers{app}',
): ExpectedEvent {
  return { pod, fieldPath, reason: 'OOMKilling', says: [says].flat() };
}

/** The kubelet's words: alerts match them. */
export const systemOom = (comm: string): ExpectedEvent => ({
  reason: 'SystemOOM',
  says: [`System OOM encountered, victim process: ${comm}, pid: {pid}`],
});

/**
 * What a storm may say of a pod: all of it, all but the limit, or that the kernel's silence left only
 * the container to be proved. `survived` where the main process did, which nobody may have been able
 * to see in time.
 */
export function inStorm(
  pod: string,
  limit: string,
  { isGroup = false, survived = false } = {},
): ExpectedEvent {
  const victim = `process sh (pid {pid})${isGroup ? ' and {others}' : ''}`;
  const whose = isGroup ? ' of the container' : '';
  const endings = survived ? [SURVIVED, ''] : [''];
  return onPod(pod, [
    ...endings.map(
      (end) =>
        `Memory limit of container app (${limit}) reached: killed ${victim}${whose}, anon-rss {size}${end}`,
    ),
    ...endings.map((end) => `Killed ${victim} in container app, anon-rss {size}${end}${WITHHELD}`),
    `Killed a process in container app, one of several killed at that moment${WITHHELD}`,
  ]);
}

/** `… (pid {pid})` → a pattern that takes exactly such messages. */
export function pattern(says: string): RegExp {
  const parts = says.split(/(?<placeholder>\{\w+\})/);
  return new RegExp(`^${parts.map((part) => PLACEHOLDERS[part] ?? escaped(part)).join('')}$`);
}

const escaped = (text: string): string => text.replaceAll(/[\^$\\.*+?()[\]{}|]/g, String.raw`\$&`);

/** How many processes an Event says were killed. */
export function processesIn(message: string): number {
  return 1 + Number(/ and (?<others>\d+) other process/.exec(message)?.groups?.['others'] ?? 0);
}

export function pidIn(message: string): number | undefined {
  const pid = /\(pid (?<pid>\d+)\)|, pid: (?<system>\d+)$/.exec(message)?.slice(1).find(Boolean);
  return pid === undefined ? undefined : Number(pid);
}
