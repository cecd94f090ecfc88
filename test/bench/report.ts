import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { VERSION } from '../../src/version.ts';

/** What stands in a row or above a column. */
export interface Heading {
  readonly title: string;
  readonly unit?: string;
  /** Of the figures there; 2 unless told. */
  readonly digits?: number;
  /** The figures there are ratios to this. */
  readonly against?: string;
}

/** A figure, or what is printed where there is none. */
export type Cell = number | string | undefined;

/** One printed figure; a ratio has no unit and says to what. */
export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly value?: number;
  readonly unit?: string;
  readonly ratio?: number;
  readonly against?: string;
}

const TITLE_WIDTH = 34;
const MIN_CELL_WIDTH = 14;
const DIGITS = 2;

/** Prints what the benches measured, and keeps it for a file. */
export class BenchReport {
  readonly print: (line: string) => void;
  readonly figures: Figure[] = [];
  #bench = '';

  constructor(print: (line: string) => void) {
    this.print = print;
  }

  /** What comes next is of this bench. */
  begin(bench: string): void {
    this.#bench = bench;
    this.print(`\n${bench}`);
  }

  /** Prints the heading of a table. @returns what prints a row of it */
  table(
    title: string,
    columns: readonly (Heading | string)[],
  ): (row: Heading | string, ...cells: readonly Cell[]) => void {
    const headings = columns.map(headingOf);
    const titles = headings.map(inWords);
    const widths = titles.map((text) => Math.max(MIN_CELL_WIDTH, text.length + 2));
    const line = (first: string, cells: readonly string[]): void =>
      this.print(
        first.padEnd(TITLE_WIDTH) + cells.map((cell, n) => cell.padStart(widths[n] ?? 0)).join(''),
      );
    line(title, titles);
    return (row, ...cells) => {
      const heading = headingOf(row);
      const texts = cells.map((cell, n) => {
        const column = headings[n] ?? { title: '' };
        if (typeof cell !== 'number') return cell ?? '';
        this.figures.push({ bench: this.#bench, ...figureOf(heading, column, cell) });
        const digits = column.digits ?? heading.digits ?? DIGITS;
        const against = column.against ?? heading.against;
        return `${cell.toFixed(digits)}${against === undefined ? '' : '×'}`;
      });
      line(inWords(heading), texts);
    };
  }

  /** All figures, with the machine, the date and the commit they are of. */
  write(path: string): void {
    const [cpu] = cpus();
    const machine = {
      cpu: cpu?.model,
      cores: cpus().length,
      memoryBytes: totalmem(),
      kernel: release(),
      node: process.version,
    };
    const of = { date: new Date().toISOString(), version: VERSION, commit: commit(), machine };
    writeFileSync(path, `${JSON.stringify({ ...of, figures: this.figures }, undefined, 2)}\n`);
  }
}

function headingOf(heading: Heading | string): Heading {
  return typeof heading === 'string' ? { title: heading } : heading;
}

function inWords({ title, unit }: Heading): string {
  return unit === undefined ? title : `${title}, ${unit}`;
}

function figureOf(row: Heading, column: Heading, cell: number): Omit<Figure, 'bench'> {
  const name = [row.title, column.title].filter((part) => part !== '').join(', ');
  const against = column.against ?? row.against;
  if (against !== undefined) return { name, ratio: cell, against };
  const unit = column.unit ?? row.unit;
  return { name, value: cell, ...(unit !== undefined && { unit }) };
}

/** Of the tree that was measured; one with changes of its own says so. */
function commit(): string | undefined {
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: import.meta.dirname, stdio: 'pipe' })
        .toString()
        .trim();
    return git('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*');
  } catch {
    return undefined;
  }
}
