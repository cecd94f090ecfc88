import { safeText } from './safe-text.ts';

/** HTML in which all text is escaped. */
export class Markup {
  readonly text: string;

  /** @param text HTML that is known to be harmless: what the program itself says */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be put into a template: HTML as it is, text escaped, `undefined` as nothing. */
export type MarkupPiece = Markup | string | number | undefined | readonly MarkupPiece[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * HTML from a template: what is put into it is text and is escaped, as is what could hide text. An attribute
 * into which something is put must stand in quotes. (A tag called `html` is reformatted by oxfmt.)
 */
export function markup(parts: TemplateStringsArray, ...pieces: readonly MarkupPiece[]): Markup {
  return new Markup(parts.map((part, at) => part + textOf(pieces[at])).join(''));
}

function textOf(piece: MarkupPiece): string {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(textOf).join('');
  return safeText(String(piece)).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
