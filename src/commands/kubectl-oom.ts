import type { Edge } from '../edge.ts';
import { RecorderError } from '../errors.ts';
import { ApiClient } from '../kube/api-client.ts';
import { inWords } from '../kubectl-oom/cluster-words.ts';
import {
  EVENT_TTL_MS,
  EVENTS_REACH,
  findInEvents,
  findInEventsAlone,
  type FoundKills,
  type KillQuery,
  placeWords,
} from '../kubectl-oom/find-kills.ts';
import type { KillFormat } from '../kubectl-oom/kill-printer.ts';
import { type ContextChoice, openContext } from '../kubectl-oom/kube-context.ts';
import { findInHistories, type HistoryOptions } from '../kubectl-oom/node-histories.ts';
import { PodLabels } from '../kubectl-oom/pod-labels.ts';
import { explainLast, killLister } from '../kubectl-oom/show-kills.ts';
import type { SortKey } from '../kubectl-oom/sort-kills.ts';
import { watchKills } from '../kubectl-oom/watch-kills.ts';
import { safeText } from '../safe-text.ts';

export interface KubectlOomOptions extends ContextChoice {
  readonly selector?: string;
  /** ms. */
  readonly since?: number;
  readonly watch?: boolean;
  readonly node?: string;
  readonly sortBy: SortKey;
  readonly output?: KillFormat;
  readonly fromNode?: boolean;
  /** Where the agents run. */
  readonly recorderNamespace: string;
}

const LABELS_NOTE =
  'Selected by the labels of the Pods that there are now: kills of deleted Pods are not shown.';

/** What was asked for does not go together. */
class ConflictError extends RecorderError {
  readonly code = 'E_CONFLICT';
  readonly retryable = false;
  override readonly isUsage = true;
}

/**
 * Lists the OOM kills of a cluster, follows them, or explains the last one of a Pod: from Events, or from the
 * nodes' histories where these were asked for or more is wanted than Events can tell.
 *
 * @throws {RecorderError} where not all that was asked for can be told
 */
export async function kubectlOom(
  pod: string | undefined,
  options: KubectlOomOptions,
  edge: Edge,
): Promise<void> {
  const { since = 0, watch = false, output, sortBy } = options;
  const isFromNodes = options.fromNode === true || since > EVENT_TTL_MS;
  checkOptions(pod, isFromNodes, options);
  const { access, namespace } = openContext(options, edge.env);
  await using client = new ApiClient(access);
  const notBeforeMs = options.since === undefined ? undefined : edge.clock.wallMs() - options.since;
  const wanted = { namespace, pod, node: options.node, notBeforeMs };
  const { server } = access;
  const query = await withLabels({ client, server, wanted, signal: edge.signal }, options, edge);
  const format = output ?? 'table';
  const listed = { wanted, sortBy, format, isWatch: watch } as const;
  if (watch) {
    edge.printError(`${EVENTS_REACH}\n`);
    const show = killLister({ ...listed, source: 'events' }, edge);
    return watchKills(query, (kills) => show({ kills }), edge, Math.random);
  }
  const isExplained = pod !== undefined && output === undefined;
  const found = isFromNodes
    ? await findFromNodes(query, { ...options, withTasks: isExplained }, edge)
    : await findInEvents(query);
  if (isExplained) explainLast(found, wanted, edge);
  else killLister({ ...listed, source: found.source }, edge)(found);
  for (const note of found.notes) edge.printError(`${safeText(note)}\n`);
  if (found.failure !== undefined) throw found.failure;
}

/** Where it was not said that it must be the histories, and none of them can be asked, what Events can tell is better than nothing. */
async function findFromNodes(
  query: KillQuery,
  options: HistoryOptions & Pick<KubectlOomOptions, 'fromNode'>,
  { clock }: Edge,
): Promise<FoundKills> {
  try {
    return await findInHistories(query, options, clock);
  } catch (err) {
    if (options.fromNode === true || !(err instanceof RecorderError)) throw err;
    return findInEventsAlone(query, err).catch(() => Promise.reject(err));
  }
}

function checkOptions(
  pod: string | undefined,
  isFromNodes: boolean,
  { watch, allNamespaces, selector }: KubectlOomOptions,
): void {
  if (watch === true && isFromNodes) {
    throw new ConflictError(
      '--watch follows Events, which live for an hour: leave out --from-node, and give --since 1h at most',
    );
  }
  if (pod !== undefined && (allNamespaces === true || selector !== undefined)) {
    throw new ConflictError(
      'A Pod is named by its namespace (-n) and its name: leave out --all-namespaces and --selector',
    );
  }
}

/** Of the Pods with these labels, where labels were asked for. */
async function withLabels(
  query: KillQuery,
  { selector }: KubectlOomOptions,
  { printError }: Edge,
): Promise<KillQuery> {
  if (selector === undefined) return query;
  const { client, server, wanted, signal } = query;
  const labels = new PodLabels(client, wanted.namespace, selector);
  await labels.list(signal).catch((err: unknown) => {
    throw inWords(err, `listing Pods ${placeWords(wanted)}`, server);
  });
  printError(`${LABELS_NOTE}\n`);
  return { ...query, labels };
}
