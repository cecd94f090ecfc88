import { pino, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

export type Log = Logger;

/**
 * One structured line per event, or for a terminal the same as text. Field names are stable:
 * people ship these lines to Loki.
 */
export function openLog({ level, format }: LogOptions, write: (text: string) => void): Log {
  const pretty = prettyFactory({
    colorize: false,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const render = format === 'json' ? (line: string) => line : (line: string) => pretty(line);
  return pino(options, { write: (line) => write(render(line)) });
}
