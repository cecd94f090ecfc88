import { closeSync, constants, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const EVENT = 'events/oom/mark_victim';
/** Of each processor; the kernel's own 1.4 MB would be 180 MB on 128 of them. It holds some 700 victims. */
const BUFFER_KIB = 64;
/**
 * How an event is printed, which an instance takes over from the host's own tracing: as its `print fmt` says, and
 * with its time before it.
 */
const OPTIONS = {
  raw: '0',
  hex: '0',
  bin: '0',
  fields: '0',
  verbose: '0',
  'latency-format': '0',
  'context-info': '1',
};
/** What somebody else may have left behind in an instance that stays. */
const RESET = {
  current_tracer: 'nop',
  'events/enable': '0',
  [`${EVENT}/filter`]: '0',
  // When the buffers are full the oldest goes.
  'options/overwrite': '1',
  tracing_on: '1',
};
/** The same, whose processes alone are traced, or are not: emptied by being opened to be written. The second is there since 5.7. */
const PIDS = ['set_event_pid', 'set_event_notrace_pid'];
/** CLOCK_MONOTONIC, as this process has it. */
const CLOCK = 'mono';
/** Half of the ring, else, is what poll(2) waits for. */
const WAKE_AT_ONCE = '0';

/**
 * Switches `oom:mark_victim` on, and nothing else, in an instance of the kernel's tracing: buffers, switches and
 * readers of its own.
 *
 * Its pipe is opened before anything is changed: an instance that is read is busy. No other agent takes it for left
 * behind, and from 6.6 on no second one reads it. Its buffers are made small before they are used, for since 6.7 there are
 * none until then. To set the clock empties them.
 *
 * @returns its `trace_pipe`, open and never waiting
 */
export function startTracing(directory: string): number {
  const path = join(directory, 'trace_pipe');
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    setUp(directory);
    write(directory, `${EVENT}/enable`, '1');
  } catch (cause) {
    closeSync(pipe);
    throw cause;
  }
  return pipe;
}

/** Switches it off. */
export function stopTracing(directory: string): void {
  try {
    write(directory, `${EVENT}/enable`, '0');
  } catch {
    // It was removed meanwhile: then it is off.
  }
}

function setUp(directory: string): void {
  const files = new Set(readdirSync(directory));
  removeTriggers(directory); // before `tracing_on`, which one may switch off
  for (const file of PIDS) if (files.has(file)) write(directory, file, '');
  for (const [file, text] of Object.entries(RESET)) write(directory, file, text);
  const processors = readdirSync(join(directory, 'per_cpu')).map((cpu) => cpu.slice(3));
  write(directory, 'tracing_cpumask', maskUpTo(Math.max(...processors.map(Number))));
  write(directory, 'buffer_size_kb', String(BUFFER_KIB));
  const options = new Set(readdirSync(join(directory, 'options')));
  for (const [option, value] of Object.entries(OPTIONS))
    if (options.has(option)) write(directory, `options/${option}`, value);
  if (files.has('buffer_percent')) write(directory, 'buffer_percent', WAKE_AT_ONCE);
  write(directory, 'trace_clock', CLOCK);
  write(directory, 'trace', '');
}

/** What is to be done whenever somebody is marked: each is removed by its own words. */
function removeTriggers(directory: string): void {
  const file = `${EVENT}/trigger`;
  for (const trigger of readFileSync(join(directory, file), 'utf8').split('\n'))
    if (trigger !== '' && !trigger.startsWith('#')) write(directory, file, `!${trigger}`);
}

function write(directory: string, file: string, text: string): void {
  writeFileSync(join(directory, file), text);
}

/** All processors up to this one, as bitmap_parse() in lib/bitmap-str.c reads them: 32 of them between two commas. */
function maskUpTo(last: number): string {
  const digits = ((2n << BigInt(last)) - 1n).toString(16);
  return digits.replaceAll(/(?<=.)(?=(?:.{8})+$)/g, ',');
}
