import { podStorms } from '../test/soak/pod-storms.ts';

/** 250 kills, as many as a bad day brings a node. */
const STORMS = 10;

const { kills, right, wrong } = await podStorms(STORMS, (line) => console.log(line));
console.log(
  `${right} of ${kills} kills have their Event on the right container, ${wrong} on a wrong one`,
);
process.exit(right === kills && wrong === 0 ? 0 : 1);
