import { readdirSync, readFileSync } from 'node:fs';
import type { MarkedVictim, MarkSource } from '../../src/oom/join-marks.ts';

const KMSG = new URL('../testdata/kmsg/', import.meta.url);
const SECTIONS =
  /@@TRACEFMT\n(?<format>[^]*)@@ENDTRACEFMT\n@@TRACEDATA\n(?<data>[^]*)@@ENDTRACEDATA/;

/** The recordings that have the tracepoint beside the log. */
export const tracedRecordings: readonly string[] = readdirSync(KMSG)
  .filter((file) => file.endsWith('.trace'))
  .map((file) => file.replace(/\.trace$/, ''));

/** The tracepoint's `format` file and what was printed of it meanwhile. */
export function readTrace(name: string): { readonly format: string; readonly data: string } {
  const text = readFileSync(new URL(`${name}.trace`, KMSG), 'latin1');
  const { format = '', data = '' } = SECTIONS.exec(text)?.groups ?? {};
  return { format, data };
}

/** A tracepoint for a test to mark victims with. */
export class FakeMarks implements MarkSource {
  #victims: MarkedVictim[] = [];
  #lost = 0;

  mark(...pids: readonly number[]): void {
    this.#victims.push(...pids.map((pid) => ({ pid })));
  }

  lose(count: number): void {
    this.#lost += count;
  }

  read() {
    const read = { victims: this.#victims, lost: this.#lost };
    [this.#victims, this.#lost] = [[], 0];
    return read;
  }
}
