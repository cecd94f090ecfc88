import { pino, stdSerializers } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Logger } from './logger.ts';
import { safeText } from './safe-text.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * One structured line per event, or for a terminal the same as text. Field names are stable:
 * people ship these lines to Loki.
 */
export function openLog(
  { level, format }: { readonly level: LogLevel; readonly format: LogFormat },
  write: (text: string) => void,
): Logger {
  const options = {
    level,
    base: null,
    serializers: { err: tellError },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const render = format === 'json' ? (line: string) => line : textOf();
  return pino(options, { write: (line) => write(render(makeSafe(line))) });
}

interface KillFacts {
  readonly msg: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly victimPid?: number;
  readonly victimComm?: string;
  readonly killed?: number;
  readonly oneOfSeveral?: boolean;
}

/** A line for a terminal; of a kill what fits on one, since the Event says the rest. */
function textOf(): (line: string) => string {
  const style = { colorize: false, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' } as const;
  const whole = prettyFactory({ ...style, ignore: 'pid,hostname' });
  const messageFormat = (facts: object): string => killWords(facts as KillFacts);
  const brief = prettyFactory({ ...style, include: 'time,level', messageFormat });
  return (line) => (line.includes('"victimPid":') ? brief(line) : whole(line));
}

function killWords({ msg, namespace, pod, container, ...kill }: KillFacts): string {
  const where = [namespace, pod, container].filter((name) => name !== undefined).join('/');
  return `${msg}: ${where === '' ? '' : `${where}, `}${processWords(kill)}`;
}

function processWords(kill: Omit<KillFacts, 'msg'>): string {
  const { victimPid, victimComm = 'process', killed = 1, oneOfSeveral } = kill;
  if (oneOfSeveral === true) return 'one of several processes killed at that moment';
  const first = `${victimComm} (pid ${victimPid})`;
  return killed === 1 ? first : `${first} and ${killed - 1} more`;
}

/**
 * Processes, cgroups, pods and servers choose what stands in a line: it is escaped as in an Event, in
 * this one place, and without credentials.
 */
function makeSafe(line: string): string {
  const safe: unknown = JSON.parse(line, (_key, value: unknown) =>
    typeof value === 'string' ? safeText(value.replace(CREDENTIALS, '$1…')) : value,
  );
  return `${JSON.stringify(safe)}\n`;
}

/** A header of ours, as a server's page shows it that answers with the request it got. */
const CREDENTIALS = /(authorization\W{1,9}\w+ +)[^\s"'<,;]+/gi;

/** Of a stack; its other lines are the message once more. */
const FRAME = /^ +at /;

/**
 * What went wrong down to its cause, and the code the runbook knows; only a bug keeps its stack, for
 * us. Whatever else an error carries is not told: a URL that could not be parsed has its password in it.
 */
function tellError(err: unknown): unknown {
  if (!(err instanceof Error)) return err;
  const { type, code, stack } = stdSerializers.err(err);
  const message = messageOf(err);
  if (String(code).startsWith('E_')) return { code, message };
  return { type, code, message, stack: stack.split('\n').filter((line) => FRAME.test(line)) };
}

/** Each cause once: most messages tell theirs in their own words. */
function messageOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  const why = messageOf(cause);
  return message.includes(why) ? message : `${message}: ${why}`;
}
