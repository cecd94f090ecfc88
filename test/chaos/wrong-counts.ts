import type { CoreV1Event } from '@kubernetes/client-node';

/** A kill that was written to the kernel's log, and where its Event belongs. */
export interface WrittenKill {
  /** Of no other kill. */
  readonly pid: number;
  /** `namespace/name/uid`; absent where it was nobody's who is known. */
  readonly pod?: string;
  readonly container?: string;
  /** Nobody can ask more of the agent than the Node: the pod had just come, or it went. */
  readonly isNodeRight: boolean;
  /** Of the whole node: the Node has an Event beside the pod's. */
  readonly isSystemWide: boolean;
}

const PID = 'oom-recorder.dev/victim-pid';

/** Where the Events do not add up to the kills: nothing, or a line each. */
export function wrongCounts(
  kills: readonly WrittenKill[],
  events: readonly CoreV1Event[],
): readonly string[] {
  const counts = countByPlace(events);
  const pods = [...new Set([...places(kills), ...counts.keys()])].filter((key) => key !== NODE);
  const verdicts = pods.map((pod) => judgePod(pod, kills, counts.get(pod) ?? new Map()));
  const spare = verdicts.reduce((sum, verdict) => sum + verdict.spare, 0);
  return [
    ...verdicts.flatMap(({ wrong }) => wrong),
    ...wrongOnNode(kills, sum(counts.get(NODE)), spare),
    ...wrongPids(kills, events),
  ];
}

/** How many kills the Events account for; of a system-wide one the Node's alone. */
export function killsIn(events: readonly CoreV1Event[]): number {
  return events.reduce((all, { count = 0 }) => all + count, 0);
}

/** What `killsIn` comes to when all is written. */
export function killsOf(kills: readonly WrittenKill[]): number {
  return kills.reduce((all, { isSystemWide }) => all + (isSystemWide ? 2 : 1), 0);
}

const NODE = 'Node';

function placeOf({ involvedObject: object }: CoreV1Event): string {
  return object.kind === 'Node' ? NODE : `${object.namespace}/${object.name}/${object.uid}`;
}

function containerOf({ involvedObject: { fieldPath } }: CoreV1Event): string | undefined {
  return /^spec\.containers\{(?<name>.+)\}$/.exec(fieldPath ?? '')?.groups?.['name'];
}

type Counts = ReadonlyMap<string | undefined, number>;

function countByPlace(events: readonly CoreV1Event[]): ReadonlyMap<string, Counts> {
  const groups = Map.groupBy(events, placeOf);
  return new Map(
    [...groups].map(([place, all]) => [
      place,
      new Map([...Map.groupBy(all, containerOf)].map(([name, some]) => [name, killsIn(some)])),
    ]),
  );
}

function places(kills: readonly WrittenKill[]): readonly string[] {
  return kills.flatMap(({ pod }) => pod ?? []);
}

/** @returns also how many of those kills the pod has that the Node might have had */
function judgePod(pod: string, all: readonly WrittenKill[], counts: Counts) {
  const kills = all.filter((kill) => kill.pod === pod);
  const sure = kills.filter(({ isNodeRight }) => !isNodeRight);
  const containers = new Set([...kills.map(({ container }) => container), ...counts.keys()]);
  const wrong = [...containers].flatMap((container) => {
    const isThere = (kill: WrittenKill) => kill.container === container;
    // Of a young pod no container may be known.
    const most = kills.filter((kill) =>
      container === undefined ? kill.isNodeRight : isThere(kill),
    );
    const least = sure.filter((kill) => isThere(kill)).length;
    const count = counts.get(container) ?? 0;
    const isRight = count >= least && count <= most.length;
    if (isRight) return [];
    return [`${pod} ${container}: ${most.length} kills (${least} certain), ${count} counted`];
  });
  const counted = sum(counts);
  if (wrong.length === 0 && counted > kills.length)
    wrong.push(`${pod}: ${kills.length} kills, ${counted} counted`);
  const open = kills.length - sure.length;
  return { wrong, spare: Math.min(Math.max(counted - sure.length, 0), open) };
}

function wrongOnNode(kills: readonly WrittenKill[], count: number, spare: number): string[] {
  const isNodes = ({ pod, isSystemWide }: WrittenKill) => pod === undefined || isSystemWide;
  const own = kills.filter((kill) => isNodes(kill)).length;
  const open = kills.filter(({ pod, isNodeRight }) => pod !== undefined && isNodeRight).length;
  const expected = own + open - spare;
  return count === expected ? [] : [`Node: ${expected} kills, ${count} counted`];
}

/** An Event that names a process names one that died there, and no other Event of that place does. */
function wrongPids(kills: readonly WrittenKill[], events: readonly CoreV1Event[]): string[] {
  const named = events.flatMap((event) => {
    const pid = event.metadata.annotations?.[PID];
    const container = containerOf(event);
    return pid === undefined ? [] : [{ pid: Number(pid), place: placeOf(event), container }];
  });
  const byPid = new Map(kills.map((kill) => [kill.pid, kill]));
  const wrong = named.filter(({ pid, place, container }) => {
    const kill = byPid.get(pid);
    if (kill === undefined) return true;
    const isOpen = kill.isNodeRight || kill.pod === undefined;
    if (place === NODE) return !isOpen && !kill.isSystemWide;
    const isContainer = container === kill.container || (container === undefined && isOpen);
    return place !== kill.pod || !isContainer;
  });
  const twice = named.filter(({ pid }, at) => {
    const isOne = byPid.get(pid)?.isSystemWide !== true;
    const before = named.slice(0, at).filter((other) => other.pid === pid);
    return before.length >= (isOne ? 1 : 2);
  });
  return [
    ...wrong.map(({ pid, place }) => `${place}: pid ${pid} did not die there`),
    ...twice.map(({ pid, place }) => `${place}: pid ${pid} once more`),
  ];
}

function sum(counts: Counts = new Map()): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}
