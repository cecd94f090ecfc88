import { setTimeout as sleep } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { allEvents, isKubeletsOom, isOurs, newSince } from '../look/cluster-view.ts';
import { readFigures } from '../look/figures.ts';
import { CONTEXT_INTERVAL_MS } from '../../../src/oom/context-ratelimit.ts';
import { KernelSpan } from '../look/kernel-span.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import type { Row } from '../row.ts';
import { Scene } from './scene.ts';
import type { Seen } from '../look/seen.ts';
import { until } from './until.ts';
import { wrongEvents } from '../judge/wrong-events.ts';
import { wrongFigures } from '../judge/wrong-figures.ts';
import { wrongWords } from '../judge/wrong-words.ts';

/** A container that is in no status yet gets 30 s; an agent that is replaced must start first. */
const HEARD_LIMIT_MS = 120_000;
/** What comes twice comes soon. */
const QUIET_MS = 4000;

/** What came of a row. */
export interface Played {
  readonly row: Row;
  readonly seen: Seen | undefined;
  readonly wrong: readonly string[];
  readonly seconds: number;
}

/** Looks at what is there before it is removed. */
export type Keep = (row: Row, seen: Seen) => Promise<void>;

/** Plays a row in a namespace of its own and looks at everything that must come of it. */
export async function playRow(
  node: NodeUnderTest,
  row: Row,
  namespace: string,
  keep: Keep | undefined,
): Promise<Played> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1000);
  const earlier = await allEvents(node);
  const before = readFigures(await node.metrics());
  const kernel = await KernelSpan.begin(node, namespace);
  const scene = new Scene(node, namespace, kernel, row.singleProcess === true);
  try {
    await scene.open();
    const expected = await row.play(scene);
    const events = async (): Promise<readonly CoreV1Event[]> =>
      newSince(earlier, await allEvents(node));
    await heard(async () => {
      const ours = (await events()).filter((event) => isOurs(event));
      const { nodeName } = node;
      return wrongEvents({ expected, events: ours, namespace, nodeName, pods: await scene.pods() });
    });
    await sleep(QUIET_MS);
    const latest = await events();
    const seen: Seen = {
      namespace,
      nodeName: node.nodeName,
      expected,
      events: latest.filter((event) => isOurs(event)),
      kubeletEvents: latest.filter((event) => isKubeletsOom(event)),
      pods: await scene.pods(),
      kernel: await kernel.read(),
      before,
      after: readFigures(await node.metrics()),
      processes: scene.processes,
      isSingleProcess: scene.isSingleProcess,
      isAnotherAgent: row.replacesAgent === true,
    };
    const wrong = [...judge(seen), ...((await row.afterwards?.(scene)) ?? [])];
    await keep?.(row, seen);
    return { row, seen, wrong, seconds: seconds() };
  } catch (err) {
    return { row, seen: undefined, wrong: [`not played: ${String(err)}`], seconds: seconds() };
  } finally {
    await scene.close();
    await sleep(CONTEXT_INTERVAL_MS); // each row begins with all contexts
  }
}

function judge(seen: Seen): readonly string[] {
  return [...wrongEvents(seen), ...wrongWords(seen), ...wrongFigures(seen)];
}

/** Waits until nothing is wrong, or long enough. */
async function heard(ask: () => Promise<readonly string[]>): Promise<void> {
  const isRight = async (): Promise<true | undefined> =>
    (await ask()).length === 0 ? true : undefined;
  await until('every Event', HEARD_LIMIT_MS, isRight).catch(() => {});
}
