import { InvalidArgumentError, Option } from 'commander';
import { COLOR_CHOICES, EXPLANATION_FORMATS } from './commands/explain.ts';
import type { EpisodeName } from './commands/history.ts';
import type { Edge } from './edge.ts';
import { parseSince, SINCE_FORMS } from './parse-since.ts';
import { type ListenChoice, parseListenAddress } from './telemetry/listen-address.ts';

/** Every flag has a variable: `--node-name` is `OOM_RECORDER_NODE_NAME`. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const variable = `OOM_RECORDER_${option.name().replaceAll('-', '_').toUpperCase()}`;
  return option.env(variable);
}

/** A flag without a value; its variable may also say no, which commander takes for a yes. */
export function toggle({ env }: Edge, flags: string, description: string): Option {
  const option = flag(flags, description);
  const isOff = /^(?:false|no|off|0)?$/i.test(env[option.envVar ?? ''] ?? 'unset');
  return isOff ? new Option(flags, description) : option;
}

/** How a command prints what it has to say; a table unless told otherwise. */
export function output(formats: readonly string[], description: string): Option {
  const option = flag('-o, --output <format>', description);
  return option.choices(formats).default('table');
}

/** How an explanation is printed. Its variable is not `OOM_RECORDER_OUTPUT`, which is that of Events. */
export function explanationFormat(): Option {
  return new Option('-o, --output <format>', 'how to explain')
    .env('OOM_RECORDER_EXPLAIN_OUTPUT')
    .choices(EXPLANATION_FORMATS)
    .default('text');
}

/** Whether an explanation has colours. */
export function color(): Option {
  const description = 'colours: auto is on a terminal, where NO_COLOR is not set';
  return flag('--color <when>', description).choices(COLOR_CHOICES).default('auto');
}

/** A whole number, 1 or more. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return count;
}

/** `--listen`. */
export function parseListen(text: string): ListenChoice {
  const choice = parseListenAddress(text);
  if (choice === undefined) {
    throw new InvalidArgumentError('Write :9095, 127.0.0.1:9095, [::1]:9095 or none.');
  }
  return choice;
}

/** `<boot id>-<sequence>`, of which the boot id may be cut or left out, also as `oom-<sequence>`. */
const ID = /^(?:(?:oom|(?<boot>[0-9a-f-]+))-)?(?<sequence>\d{1,15})$/;

/** The id of an episode, or part of it. */
export function parseId(text: string): EpisodeName {
  const { boot = '', sequence } = ID.exec(text)?.groups ?? {};
  if (sequence === undefined) {
    throw new InvalidArgumentError(
      'Write it as oom-recorder history prints it, or the number behind its last dash.',
    );
  }
  return { text, boot, sequence: Number(sequence) };
}

/** `--since`: how long ago, a date or RFC 3339, as ms since the epoch. */
export function sinceParser({ clock }: Edge): (text: string) => number {
  return (text) => {
    const ms = parseSince(text, clock.wallMs());
    if (ms === undefined) throw new InvalidArgumentError(`Write ${SINCE_FORMS}.`);
    return ms;
  };
}

/** RFC 3339, as ms since the epoch. */
export function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError('It is no time; write it as 2026-11-22T15:04:05Z.');
  }
  return ms;
}
