import { podStorms } from '../test/soak/pod-storms.ts';
import { truncatedState } from '../test/soak/truncated-state.ts';

/** 250 kills, as many as a bad day brings a node. */
const STORMS = 10;

const print = (line: string): void => console.log(line);

const truncated = truncatedState(print);
console.log(`${truncated.cuts} truncated state files opened, ${truncated.wrong.length} wrong`);
for (const line of truncated.wrong) console.log(`  ${line}`);

const { kills, right, wrong } = await podStorms(STORMS, print);
console.log(
  `${right} of ${kills} kills have their Event on the right container, ${wrong} on a wrong one`,
);
process.exit(right === kills && wrong === 0 && truncated.wrong.length === 0 ? 0 : 1);
