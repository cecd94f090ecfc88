/** The records that come after one, each with its continuation lines, which begin with a space. */
export function recordsAfter(log: string, sequence: number): string {
  const lines = log.split(/(?<=\n)/);
  const first = lines.findIndex((line) => !line.startsWith(' ') && sequenceOf(line) > sequence);
  return first < 0 ? '' : lines.slice(first).join('');
}

/** `6,1234,5678901,-;text`: the second field. */
function sequenceOf(line: string): number {
  return Number(line.split(',', 2)[1]);
}
