import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { renderHtml } from '../explain/render-html.ts';
import { markup, type Markup } from '../markup.ts';
import { attributionOf, episodeId } from '../outputs/describe-episode.ts';
import { humanDuration } from '../human-duration.ts';
import { formatKb } from '../recorder/format-kb.ts';
import { MAX_TASKS_KEPT, type StoredEpisode } from '../store/stored-episode.ts';
import { type Access, isOfItsOwn } from './access.ts';

/** Who looks at an episode, where and when. */
export interface EpisodeView {
  readonly node: string;
  readonly nowMs: number;
  readonly access: Access;
}

/** Anything else is no name of Kubernetes', and does not belong in a shell. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** An episode: a line that says what happened, which opens to what `explain` says and how to go on. */
export function renderEpisode(
  stored: StoredEpisode,
  { node, nowMs, access }: EpisodeView,
  isOpen = false,
): Markup {
  const { episode, state, bootId } = stored;
  const attribution = attributionOf(stored);
  const isDated = !Number.isNaN(new Date(episode.atMs).getTime());
  const explanation = explain(episode, attribution, {
    isDated,
    isTableCut: episode.tasks.length >= MAX_TASKS_KEPT,
    isTableHidden: access === 'namespace' && !isOfItsOwn(attribution.limitLevel),
  });
  const { time = '', summary, monotonicUs } = explanation;
  const id = episodeId(stored);
  const record = `record ${episode.sequence}, [${(monotonicUs / 1e6).toFixed(6)}], of boot ${bootId}`;
  const when = isDated
    ? markup`<time datetime="${time}">${utc(episode.atMs)}</time> <span>${humanDuration(nowMs - episode.atMs)} ago</span>`
    : undefined;
  return markup`<details${isOpen ? markup` open` : undefined}>
<summary><span>${when}</span><b>${whereWords(explanation, stored)}</b><span>${limitWords(explanation, state)}</span><span>${summary}</span></summary>
<div id="${id}">
${stored.attribution === undefined ? markup`<p>${UNDECIDED[state]}</p>\n` : undefined}${renderHtml(explanation, [['Kernel log', record]])}<h3>Go on with</h3>
${commands(explanation, stored, node).map((command) => markup`<pre><code>${command}</code></pre>\n`)}<p>${links(explanation)}<a href="#${id}">Link to this kill</a></p>
</div>
</details>
`;
}

/** Of one that has no attribution. */
const UNDECIDED = {
  pending: 'Whose it was is not decided yet: that waits for news of the pods.',
  kept: 'Whose it was was never decided: it was too old for an Event when it was read, or a day went by without news of the pods.',
  recorded: undefined,
} as const;

/** UTC, to the second. */
export function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

function whereWords({ pod }: Explanation, { state, attribution }: StoredEpisode): string {
  if (attribution === undefined) return state === 'pending' ? 'not decided yet' : 'never decided';
  if (pod?.name === undefined) return pod === undefined ? 'the node' : 'an unknown pod';
  return [pod.namespace, pod.name, pod.container].filter((part) => part !== undefined).join('/');
}

function limitWords({ limit }: Explanation, state: StoredEpisode['state']): string {
  if (limit === undefined) return state === 'pending' ? 'not decided yet' : 'not known';
  const { level = '', limitKb } = limit;
  return limitKb === undefined ? level : `${level} ${formatKb(limitKb)}`;
}

/** What to type next; nothing with a name in it that a shell could take for something else. */
function commands(
  { pod }: Explanation,
  { state, attribution }: StoredEpisode,
  node: string,
): readonly string[] {
  // No Event and no list of kills has it.
  if (attribution === undefined && state === 'kept') return [];
  const { namespace = '', name = '' } = pod ?? {};
  if (NAME.test(namespace) && NAME.test(name)) {
    return [
      `kubectl -n ${namespace} describe pod ${name}`,
      `kubectl oom ${name} -n ${namespace} --from-node`,
    ];
  }
  if (!NAME.test(node)) return ['kubectl oom -A'];
  return [`kubectl describe node ${node}`, `kubectl oom -A --node ${node} --from-node`];
}

function links({ pod }: Explanation): Markup | undefined {
  const { namespace, name } = pod ?? {};
  if (namespace === undefined || name === undefined) return undefined;
  const ofNamespace = new URLSearchParams({ namespace }).toString();
  const ofPod = new URLSearchParams({ namespace, pod: name }).toString();
  return markup`All kills of <a href="/?${ofPod}">this pod</a>, of <a href="/?${ofNamespace}">this namespace</a>. `;
}
