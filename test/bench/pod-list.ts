import { measureList, type Reading } from '../support/measured-list.ts';
import { hugePods } from '../support/pod-list-body.ts';
import { realisticPod } from '../support/realistic-pod.ts';
import type { BenchReport, Cell } from './report.ts';

const MEGABYTE = 1e6;

interface List {
  readonly title: string;
  readonly count: number;
  readonly pods: () => Iterable<string>;
  /** Whether one JSON.parse of it is possible: no string of V8 is longer than 512 MB. */
  readonly fitsInString: boolean;
}

const LISTS: readonly List[] = [
  {
    title: '250 ordinary pods',
    count: 250,
    pods: () => Array.from({ length: 250 }, (_, n) => JSON.stringify(realisticPod(n, 0))),
    fitsInString: true,
  },
  {
    title: '60 pods, 1.4 MB variable',
    count: 60,
    pods: () => hugePods(60, 1_400_000),
    fitsInString: true,
  },
  {
    title: '60 pods, 1.4 MB of "<"',
    count: 60,
    pods: () => hugePods(60, 1_400_000, '<'),
    fitsInString: true,
  },
  {
    title: '5,000 pods, 200 KB each',
    count: 5000,
    pods: () => hugePods(5000, 200_000),
    fitsInString: false,
  },
];

/** Bounded, whatever the size of the list: one pod's JSON and what the collector has not taken yet. */
const BUDGET_MB = 100;

/** What a list of pods costs in memory and CPU, read as a stream and beside that as a whole. */
export async function benchPodList(report: BenchReport): Promise<void> {
  const row = report.table('', [
    { title: 'list', unit: 'MB', digits: 0 },
    { title: 'streamed: grown', unit: 'MB', digits: 1 },
    { title: 'streamed: CPU', unit: 's' },
    { title: 'whole: grown', unit: 'MB', digits: 1 },
    { title: 'whole: CPU', unit: 's' },
  ]);
  for (const list of LISTS) row(list.title, ...(await measure(list)));
}

async function measure(list: List): Promise<readonly Cell[]> {
  const read = (reading: Reading) => measureList(list.pods, reading);
  const streamed = await read('streamed');
  if (streamed.pods !== list.count) throw new Error(`${list.title}: ${JSON.stringify(streamed)}`);
  if (streamed.grownMb > BUDGET_MB) throw new Error(`${list.title}: ${streamed.grownMb} MB`);
  const whole = list.fitsInString ? await read('whole') : undefined;
  const cells = [streamed, whole].flatMap((one): Cell[] =>
    one === undefined ? ['impossible'] : [one.grownMb, one.cpuSeconds],
  );
  return [megabytesOf(list), ...cells];
}

function megabytesOf({ pods }: List): number {
  let bytes = 0;
  for (const pod of pods()) bytes += pod.length;
  return bytes / MEGABYTE;
}
