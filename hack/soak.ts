import { parseArgs } from 'node:util';
import { podStorms } from '../test/soak/pod-storms.ts';
import { stormEachMinute } from '../test/soak/storm-each-minute.ts';
import { type Sample, trendsOf } from '../test/soak/trend.ts';
import { truncatedState } from '../test/soak/truncated-state.ts';
import { startControlPlane } from './control-plane/control-plane.ts';

/** 250 kills, as many as a bad day brings a node. */
const STORMS = 10;
const MINUTE_MS = 60_000;
/** After five minutes all caches of the correlator are full, 4,096 entries each. */
const KILLS_A_MINUTE = 1000;
const PODS = 100;
/** The history is full and V8 warm after a third of them. */
const FEWEST_MINUTES = 15;

const print = (line: string): void => console.log(line);

const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
const minutes = Number(values.minutes);
if (values.minutes !== undefined && !(minutes >= FEWEST_MINUTES)) {
  console.error(`--minutes wants a number, ${FEWEST_MINUTES} or more: each has a storm`);
  process.exit(2);
}
const isFine = values.minutes === undefined ? await atOnce() : await minuteByMinute();
process.exit(isFine ? 0 : 1);

async function atOnce(): Promise<boolean> {
  const truncated = truncatedState(print);
  print(`${truncated.cuts} truncated state files opened, ${truncated.wrong.length} wrong`);
  for (const line of truncated.wrong) print(`  ${line}`);
  const { kills, right, wrong } = await podStorms(STORMS, print);
  print(
    `${right} of ${kills} kills have their Event on the right container, ${wrong} on a wrong one`,
  );
  return right === kills && wrong === 0 && truncated.wrong.length === 0;
}

async function minuteByMinute(): Promise<boolean> {
  await using cluster = await startControlPlane();
  const onSample = (sample: Sample, storm: number): void =>
    print(
      [storm, ...Object.entries(sample).map(([what, value]) => `${what} ${round(value)}`)].join(
        '  ',
      ),
    );
  const plan = { storms: minutes, everyMs: MINUTE_MS, killsEach: KILLS_A_MINUTE, pods: PODS };
  const { kills, recorded, samples } = await stormEachMinute(cluster, { ...plan, onSample });
  const trends = trendsOf(samples);
  for (const { what, mean, grown, isFlat } of trends)
    print(`${isFlat ? 'flat ' : 'GROWS'} ${what}: mean ${round(mean)}, grown by ${round(grown)}`);
  print(`${recorded} of ${kills} kills recorded`);
  return recorded === kills && trends.every(({ isFlat }) => isFlat);
}

function round(value: number): string {
  return value.toFixed(2);
}
