/** For the end of a help: command lines that do what people come for, each with what it does. */
export function examples(lines: Readonly<Record<string, string>>): string {
  const entries = Object.entries(lines).map(([line, what]) => `  ${line}\n      ${what}\n`);
  return `\nExamples:\n${entries.join('')}`;
}
