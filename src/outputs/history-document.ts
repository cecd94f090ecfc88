import { dump } from 'js-yaml';
import { SCHEMA_VERSION } from './describe-episode.ts';

/** What stands above the episodes. */
export interface HistoryHead {
  readonly node: string;
  /** When the oldest kill of the history was; absent while there is none. */
  readonly recordedSinceMs: number | undefined;
}

type Pages = AsyncIterable<readonly object[]>;

/** One JSON document, in pieces as the pages come. Names and meanings are in docs/history.md. */
export async function* historyJson(head: HistoryHead, pages: Pages): AsyncGenerator<string> {
  yield `${JSON.stringify(fieldsOf(head)).slice(0, -1)},"episodes":[`;
  let separator = '';
  for await (const page of pages) {
    yield separator + page.map((episode) => JSON.stringify(episode)).join(',');
    separator = ',';
  }
  yield ']}\n';
}

/** The same, for a person: indented by two. */
export async function* indentedHistoryJson(
  head: HistoryHead,
  pages: Pages,
): AsyncGenerator<string> {
  yield `${JSON.stringify(fieldsOf(head), undefined, 2).slice(0, -2)},\n  "episodes": [`;
  let separator = '';
  for await (const page of pages) {
    for (const episode of page) {
      yield `${separator}\n    ${JSON.stringify(episode, undefined, 2).replaceAll('\n', '\n    ')}`;
      separator = ',';
    }
  }
  yield separator === '' ? ']\n}\n' : '\n  ]\n}\n';
}

/** The same as YAML. */
export async function* historyYaml(head: HistoryHead, pages: Pages): AsyncGenerator<string> {
  yield dump(fieldsOf(head));
  let title = 'episodes:\n';
  for await (const page of pages) {
    // Through JSON, which leaves out what is absent.
    yield title + dump(JSON.parse(JSON.stringify(page)));
    title = '';
  }
  if (title !== '') yield 'episodes: []\n';
}

function fieldsOf({ node, recordedSinceMs }: HistoryHead): object {
  return {
    schemaVersion: SCHEMA_VERSION,
    node,
    ...(recordedSinceMs !== undefined && {
      recordedSince: new Date(recordedSinceMs).toISOString(),
    }),
  };
}
