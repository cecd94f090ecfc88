import { setTimeout as sleep } from 'node:timers/promises';
import { CONTEXT_INTERVAL_MS } from '../../src/oom/context-ratelimit.ts';
import { claimsOf, podStorm, PROC } from '../support/pod-storm.ts';

/** What came of the storms: one Event for each kill, on the pod and container it happened in. */
export interface StormsResult {
  readonly kills: number;
  readonly right: number;
  /** Events that name a process which died elsewhere. */
  readonly wrong: number;
  /** Events of a kill whose context the kernel withheld. */
  readonly withheld: number;
  /** Events that name no process, because several were killed at that moment. */
  readonly unnamed: number;
}

const KILLS = 25;

/** `rounds` times 25 kills in a second, each cgroup removed 200 ms after its process died. */
export async function podStorms(
  rounds: number,
  print: (line: string) => void,
): Promise<StormsResult> {
  let sum: StormsResult = { kills: 0, right: 0, wrong: 0, withheld: 0, unnamed: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    await sleep(CONTEXT_INTERVAL_MS); // each storm begins with all contexts
    const storm = await podStorm(KILLS, PROC);
    const { named, wrong } = claimsOf(storm);
    const right = storm.pods.filter(
      ({ name }) => named.filter((one) => one === `${name}/app`).length === 1,
    );
    sum = {
      kills: sum.kills + storm.truth.size,
      right: sum.right + right.length,
      wrong: sum.wrong + wrong.length,
      withheld: sum.withheld + count(storm.kills, ({ episode }) => episode.context !== 'full'),
      unnamed: sum.unnamed + count(storm.kills, (kill) => kill.attribution.isOneOfSeveral === true),
    };
    print(`storm ${round}: ${JSON.stringify(sum)}, span ${Math.round(storm.spanMs)} ms`);
  }
  return sum;
}

function count<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.filter((item) => is(item)).length;
}
