/** Control and format characters, line and paragraph separators: what could move a terminal's cursor or hide text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/**
 * Text that is safe to print: each unsafe character as the kernel escapes its bytes, `\x1b`.
 * A process chooses its own name.
 */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) =>
    [...Buffer.from(character, 'utf8')]
      .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  );
}

/** At most `maxBytes` of UTF-8, cut on a character boundary, and marked as cut. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const ellipsis = '…';
  const { read } = new TextEncoder().encodeInto(
    text,
    new Uint8Array(maxBytes - Buffer.byteLength(ellipsis)),
  );
  return text.slice(0, read) + ellipsis;
}
