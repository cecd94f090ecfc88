import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import type { Clock } from '../clock.ts';
import { RecorderError } from '../errors.ts';
import { items, text } from '../kube/loose-json.ts';
import { askHistory, type HistoryQuery } from './ask-history.ts';
import { inWords, whyOf } from './cluster-words.ts';
import { explainEpisode } from './explain-episode.ts';
import { type Agent, type Agents, findAgents } from './find-agents.ts';
import { type FoundKills, type KillQuery, select } from './find-kills.ts';
import type { OomKill } from './oom-kill.ts';
import { readEpisode } from './read-episode.ts';

/** So many nodes are asked at once. */
const AT_ONCE = 8;
/** The most an agent tells at once. */
const MAX_EPISODES = 1000;
/** So many nodes are named in an error. */
const MAX_NAMED = 5;

/** Not all nodes told what they have recorded. */
export class NodeHistoryError extends RecorderError {
  readonly code = 'E_NODE_HISTORY';
  readonly retryable = true;

  constructor(reasons: readonly string[]) {
    const more = reasons.length > MAX_NAMED ? `; and ${reasons.length - MAX_NAMED} more` : '';
    const named = reasons.slice(0, MAX_NAMED).join('; ');
    super(
      `Asking the nodes for what they have recorded failed, so this is not all: ${named}${more}`,
    );
  }
}

export interface HistoryOptions {
  /** Where the agents run. */
  readonly recorderNamespace: string;
  /** With the kernel's tables, and the last kill alone. */
  readonly withTasks: boolean;
}

/** What a node told, or why it did not. */
interface Told {
  readonly agent: Agent;
  readonly answer?: unknown;
  readonly err?: unknown;
}

/**
 * What the nodes' histories say, asked through port-forwards. A node that does not answer, or has no agent,
 * is a failure that comes with what the others told.
 *
 * @throws {ApiError} where the agents cannot be found, in words for a terminal
 * @throws {NodeHistoryError} where no node answers
 */
export async function findInHistories(
  query: KillQuery,
  { recorderNamespace, withTasks }: HistoryOptions,
  clock: Pick<Clock, 'after'>,
): Promise<FoundKills> {
  const { client, server, signal } = query;
  const found = await findAgents(query, recorderNamespace).catch((err: unknown) => {
    throw inWords(err, `looking for agents in namespace ${recorderNamespace}`, server);
  });
  const asked = historyQuery(query, withTasks);
  const told = await lastValueFrom(
    from(found.agents).pipe(
      mergeMap(async (agent): Promise<Told> => {
        const answer = askHistory(client, agent, asked, { clock, signal });
        return answer.then(
          (answer) => ({ agent, answer }),
          (err: unknown) => ({ agent, err }),
        );
      }, AT_ONCE),
      toArray(),
    ),
  );
  const failure = failureOf(told, found, recorderNamespace);
  if (failure !== undefined && told.every(({ err }) => err !== undefined)) throw failure;
  const saidBy = failure === undefined ? undefined : 'by the nodes that answered';
  return { source: 'nodes', ...killsOf(told, query), notes: reach(told, found), failure, saidBy };
}

/** docs/webhook.md describes an episode; the query's fields are the agent's. */
function historyQuery({ wanted }: KillQuery, withTasks: boolean): HistoryQuery {
  const { namespace, pod, notBeforeMs } = wanted;
  return {
    limit: withTasks ? '1' : String(MAX_EPISODES),
    ...(namespace !== undefined && { namespace }),
    ...(pod !== undefined && { pod }),
    ...(notBeforeMs !== undefined && { since: new Date(notBeforeMs).toISOString() }),
    ...(withTasks && { tasks: 'true' }),
  };
}

function killsOf(
  told: readonly Told[],
  query: KillQuery,
): Pick<FoundKills, 'kills' | 'explanationOf'> {
  const episodes = new Map<OomKill, unknown>();
  for (const episode of told.flatMap(({ answer }) => items(answer, 'episodes'))) {
    for (const kill of readEpisode(episode)) episodes.set(kill, episode);
  }
  return {
    kills: select([...episodes.keys()], query),
    explanationOf: (kill) => explainEpisode(episodes.get(kill), kill),
  };
}

/** How far back they reach. */
function reach(told: readonly Told[], { areNodesKnown }: Agents): readonly string[] {
  const answered = told.filter(({ err }) => err === undefined);
  const since = answered.flatMap(({ agent, answer }) => {
    const from = text(answer, 'recordedSince');
    return from === undefined ? [] : [{ node: agent.node, from }];
  });
  const [shortest] = since.toSorted((a, b) => Date.parse(b.from) - Date.parse(a.from));
  const empty = answered.length - since.length;
  const parts = [
    `Source: the histories of ${answered.length} node${answered.length === 1 ? '' : 's'}`,
    ...(shortest === undefined ? [] : [`the shortest begins ${shortest.from} (${shortest.node})`]),
    ...(empty === 0 ? [] : [`${empty} recorded nothing yet`]),
  ];
  const cut = answered.filter(({ answer }) => items(answer, 'episodes').length === MAX_EPISODES);
  return [
    `${parts.join('; ')}.`,
    ...cut.map(({ agent }) => `Of ${agent.node} the newest ${MAX_EPISODES} OOM decisions alone.`),
    ...(areNodesKnown
      ? []
      : ['Nodes without an agent are not known: listing nodes is not allowed.']),
  ];
}

function failureOf(
  told: readonly Told[],
  { missing }: Agents,
  recorderNamespace: string,
): NodeHistoryError | undefined {
  const reasons = [
    ...told.flatMap(({ agent, err }) =>
      err === undefined ? [] : [`${agent.node}: ${whyOf(err)}`],
    ),
    ...missing.map((node) => `${node}: no agent runs there in namespace ${recorderNamespace}`),
  ];
  if (told.length === 0 && missing.length === 0) {
    reasons.push(
      `no agent runs in namespace ${recorderNamespace}, --recorder-namespace names another`,
    );
  }
  return reasons.length === 0 ? undefined : new NodeHistoryError(reasons);
}
