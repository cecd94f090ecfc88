import { styleText } from 'node:util';

/** How a piece of text looks on a terminal that has colours. */
const STYLES = {
  title: ['bold'],
  heading: ['bold'],
  dead: ['red'],
  bar: ['cyan'],
  note: ['dim'],
} as const;

export type Paint = (style: keyof typeof STYLES, text: string) => string;

/** For a pipe, a file, a ticket. */
export const plain: Paint = (_style, text) => text;

/** For a terminal: whoever asks has found out that it is one. */
export const coloured: Paint = (style, text) =>
  text === '' ? '' : styleText([...STYLES[style]], text, { validateStream: false });

/** Eighths of a column: ▏ to ▉. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of `share` (0 to 1) of `width` columns; something is never nothing. */
export function bar(share: number, width: number): string {
  const eighths = Math.min(Math.round(share * width * 8), width * 8);
  const drawn = share > 0 ? Math.max(1, eighths) : 0;
  return '█'.repeat(Math.floor(drawn / 8)) + (EIGHTHS[drawn % 8] ?? '');
}

/** Breaks a sentence at its spaces, every line but the first indented; what is longer stays whole, to be copied. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const isFull = line !== '' && line.length + 1 + word.length > width - indent.length;
    if (isFull) lines.push(line);
    line = isFull || line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** At most `width` characters. */
export function cutTo(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}
