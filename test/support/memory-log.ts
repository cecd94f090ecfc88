import type { Logger } from '../../src/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A log that a test reads. */
export class MemoryLog implements Logger {
  readonly lines: LogLine[] = [];

  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');

  /** The messages of one level, in order. */
  said(level: LogLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  /** The codes of the errors that were logged, in order. */
  codes(): unknown[] {
    const errors = this.lines.filter(({ level }) => level === 'error');
    return errors.map(({ facts }) => (facts['err'] as { code?: unknown } | undefined)?.code);
  }

  #at(level: LogLine['level']): Logger['info'] {
    return (facts, message) => this.lines.push({ level, message, facts: { ...facts } });
  }
}
