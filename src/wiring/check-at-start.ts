import type { Edge } from '../edge.ts';
import type { Result } from '../doctor/check.ts';
import { runChecks } from '../doctor/run-checks.ts';
import type { ApiClient } from '../kube/api-client.ts';
import type { Logger } from '../logger.ts';
import type { AgentOptions, AgentSetup } from './agent-options.ts';
import { clusterChecks, nodeChecks, openCheckedNode, outputChecks } from './open-checks.ts';
import type { NodeOptions } from './open-node.ts';
import type { OutputOptions } from './open-outputs.ts';

/** The backlog of the log and the list of pods come first. */
const CHECK_AFTER_MS = 1_000;
/** The checks are nine requests, and a DaemonSet may start on all nodes at once: each at its own moment of a minute. */
const CHECK_WITHIN_MS = 60_000;

/**
 * Says once in the log, in one line, what an agent that has started is missing; nothing where nothing is,
 * and of a saved log, which is another machine's. It is `doctor` without what the agent says itself.
 *
 * @returns what takes it back
 */
export function checkAtStart(
  options: NodeOptions & OutputOptions & Pick<AgentOptions, 'source'>,
  { kind, node, cluster, log }: AgentSetup,
  client: ApiClient | undefined,
  { clock, random }: Pick<Edge, 'clock'> & { readonly random: () => number },
): () => void {
  if (kind === 'saved') return () => undefined;
  let isStopped = false;
  const check = async (): Promise<void> => {
    const checks = [
      ...nodeChecks(options, openCheckedNode(options)),
      ...clusterChecks(client, cluster, node.name, clock),
      ...outputChecks(options),
    ];
    const results = await runChecks(checks, clock);
    if (!isStopped) sayMissing(results, log);
  };
  const afterMs = CHECK_AFTER_MS + CHECK_WITHIN_MS * random();
  const cancel = clock.after(afterMs, () => void check());
  return () => {
    isStopped = true;
    cancel();
  };
}

function sayMissing(results: readonly Result[], log: Logger): void {
  const missing = results.flatMap((result) =>
    result.status === 'failed' ? [`${result.name}: ${result.found} → ${result.fix}`] : [],
  );
  if (missing.length > 0)
    log.warn({ missing }, 'not all is there that oom-recorder doctor looks for');
}
