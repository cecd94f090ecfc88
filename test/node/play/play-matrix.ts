import type { NodeUnderTest } from './node-under-test.ts';
import type { Options } from '../options.ts';
import { LABEL } from './pods.ts';
import { type Keep, type Played, playRow } from './play-row.ts';
import { recordRow } from '../recording.ts';
import type { Row } from '../row.ts';
import { until } from './until.ts';
import { lineOf } from '../judge/wrong-events.ts';

/** Twenty pods end one after the other. */
const EMPTY_LIMIT_MS = 300_000;

export type Print = (line: string) => void;

/** Plays the rows one after the other, and says of each what came of it as soon as it is over. */
export async function playMatrix(
  node: NodeUnderTest,
  options: Options,
  print: Print,
): Promise<readonly Played[]> {
  const played: Played[] = [];
  const { record } = options;
  const keep: Keep | undefined =
    record === undefined ? undefined : (row, seen) => recordRow(node, row, seen, record);
  let isSingle: boolean | undefined;
  for (const row of inOrder(options)) {
    const wantsSingle = row.singleProcess === true;
    if (isSingle !== wantsSingle) await node.setSingleProcessOomKill(wantsSingle);
    isSingle = wantsSingle;
    await waitForEmptyNode(node);
    print(`\n${row.name}`);
    const namespace = `${row.name}-${played.length}`;
    let one = await playRow(node, row, namespace, keep);
    if (one.seen === undefined) {
      // An emulated machine may be too slow to play on; that says nothing of the agent. What was seen counts.
      print(`  once more: ${one.wrong.join()}`);
      await waitForEmptyNode(node);
      one = await playRow(node, row, `${namespace}-again`, keep);
    }
    for (const event of one.seen?.events ?? []) print(`  ${lineOf(event)}`);
    for (const line of one.wrong) print(`  WRONG: ${line}`);
    played.push(one);
  }
  // A node of our own is thrown away.
  if (options.isRunningNode) await node.setSingleProcessOomKill(false);
  return played;
}

function inOrder({ rows, times, storms }: Options): readonly Row[] {
  const once = rows.flatMap((row) => Array.from({ length: row.isStorm ? storms : 1 }, () => row));
  return Array.from({ length: times }, () => once).flat();
}

/** No row disturbs the next. */
async function waitForEmptyNode(node: NodeUnderTest): Promise<void> {
  await until('the end of the last row’s pods', EMPTY_LIMIT_MS, async () => {
    const left = await node.kubectl(['get', 'pods', '-A', '-l', LABEL, '-o', 'name']);
    return left === '' ? true : undefined;
  });
}
