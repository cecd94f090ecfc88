/** kubectl's, between two columns. */
const GAP = '   ';

/** How wide each column of a table is that holds these lines: as its longest cell. */
export function widthsOf(lines: Iterable<readonly string[]>): readonly number[] {
  const widths: number[] = [];
  for (const cells of lines)
    for (const [column, cell] of cells.entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return widths;
}

/** A line of a table, as kubectl aligns it. A cell that is too long pushes those behind it. */
export function tableLine(cells: readonly string[], widths: readonly number[]): string {
  const aligned = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return `${aligned.join(GAP).trimEnd()}\n`;
}
