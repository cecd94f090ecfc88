const SECONDS_OF = { minute: 60, hour: 3600, day: 86_400, year: 365 * 86_400 } as const;

type Unit = keyof typeof SECONDS_OF;

/** Below `seconds` it is told in `unit` and, where there is one and something of it is left, `rest`. */
interface Step {
  readonly seconds: number;
  readonly unit: Unit;
  readonly rest?: Unit | 'second';
}

const STEPS: readonly Step[] = [
  { seconds: 10 * SECONDS_OF.minute, unit: 'minute', rest: 'second' },
  { seconds: 3 * SECONDS_OF.hour, unit: 'minute' },
  { seconds: 8 * SECONDS_OF.hour, unit: 'hour', rest: 'minute' },
  { seconds: 48 * SECONDS_OF.hour, unit: 'hour' },
  { seconds: 8 * SECONDS_OF.day, unit: 'day', rest: 'hour' },
  { seconds: 2 * SECONDS_OF.year, unit: 'day' },
  { seconds: 8 * SECONDS_OF.year, unit: 'year', rest: 'day' },
];

/**
 * How long ago, as kubectl tells it: `7s`, `2m30s`, `12m`, `3h5m`, `5d`. What is to come is `0s`.
 *
 * @see apimachinery pkg/util/duration HumanDuration
 */
export function humanDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 2 * SECONDS_OF.minute) return `${seconds}s`;
  const step = STEPS.find((step) => seconds < step.seconds) ?? { unit: 'year' };
  return inUnits(seconds, step);
}

function inUnits(seconds: number, { unit, rest }: Pick<Step, 'unit' | 'rest'>): string {
  const whole = `${Math.floor(seconds / SECONDS_OF[unit])}${unit[0]}`;
  if (rest === undefined) return whole;
  const left = Math.floor(
    (seconds % SECONDS_OF[unit]) / (rest === 'second' ? 1 : SECONDS_OF[rest]),
  );
  return left === 0 ? whole : `${whole}${left}${rest[0]}`;
}

const DURATION = /^(?:\d+(?:\.\d+)?[smhd])+$/;
const TERM = /(?<count>[\d.]+)(?<unit>[smhd])/g;
const MS_OF: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `2h`, `1.5h`, `1d`, `1h30m` in ms; `undefined` where it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  return [...text.matchAll(TERM)].reduce((sum, { groups }) => {
    const { count, unit = '' } = groups ?? {};
    return sum + Number(count) * (MS_OF[unit] ?? 0);
  }, 0);
}
