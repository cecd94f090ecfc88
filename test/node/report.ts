import { pidIn } from './judge/expected.ts';
import { growth } from './look/figures.ts';
import { eventsSay, statusesSay } from './look/kubelet-says.ts';
import { spanMs } from './look/kernel-log.ts';
import type { Played } from './play/play-row.ts';
import type { Seen } from './look/seen.ts';

const HEAD = [
  'row',
  'pods',
  'kills: kernel',
  'recorded',
  'Events',
  'with pid',
  'the Pods’ statuses',
  'the kubelet’s Events',
  's',
  'result',
];

/** How many of a storm's containers must have an Event that names the process. */
const NAMED_OF_100 = 95;

/** A line for each row that was played. */
export function table(played: readonly Played[]): string {
  const lines = [HEAD, ...played.map((one) => lineOf(one))];
  const widths = HEAD.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function lineOf({ row, seen, wrong, seconds }: Played): readonly string[] {
  const result = wrong.length === 0 ? 'ok' : `${wrong.length} wrong`;
  if (seen === undefined) {
    return [row.name, ...HEAD.slice(1, -2).map(() => ''), String(seconds), result];
  }
  return [
    row.name,
    String(seen.pods.length),
    String(seen.kernel.counted),
    recorded(seen),
    String(seen.events.length),
    String(named(seen)),
    statusesSay(seen.pods),
    eventsSay(seen.kubeletEvents),
    String(seconds),
    result,
  ];
}

function recorded({ isAnotherAgent, before, after }: Seen): string {
  return isAnotherAgent
    ? '-'
    : String(growth(before, after, 'oom_recorder_recorded_oom_kills_total'));
}

const named = ({ events }: Seen): number =>
  events.filter(({ message = '' }) => pidIn(message) !== undefined).length;

/** What the storms of a kind came to, and whether it is too little. */
export interface StormFigures {
  readonly row: string;
  readonly containers: number;
  readonly named: number;
  /** How many the kernel explained, and in what time it killed them: the longest of the storms. */
  readonly withContext: number;
  readonly spanMs: number;
  readonly isEnough: boolean;
}

export function stormFigures(played: readonly Played[]): readonly StormFigures[] {
  const storms = Map.groupBy(
    played.filter(({ row }) => row.isStorm),
    ({ row }) => row.name,
  );
  return [...storms].map(([row, plays]) => {
    const seen = plays.flatMap((play) => play.seen ?? []);
    const containers = seen.reduce((sum, { expected }) => sum + expected.length, 0);
    const withPid = seen.reduce((sum, one) => sum + named(one), 0);
    const logs = seen.map(({ kernel }) => kernel.log);
    const kills = logs.flatMap((log) => [...log.kills.values()]);
    return {
      row,
      containers,
      named: withPid,
      withContext: kills.filter(({ hasContext }) => hasContext).length,
      spanMs: Math.max(...logs.map((log) => spanMs(log))),
      isEnough: withPid * 100 >= containers * NAMED_OF_100,
    };
  });
}

/** `storm: 19 of 20 containers have an Event that names the process; …`. */
export function stormLine({ row, containers, named, withContext, ...more }: StormFigures): string {
  const words = [
    `${named} of ${containers} containers have an Event that names the process`,
    `the kernel explained ${withContext}`,
    `killed within ${more.spanMs} ms`,
  ];
  return `${row}: ${words.join('; ')}${more.isEnough ? '' : `; fewer than ${NAMED_OF_100} of 100`}`;
}
