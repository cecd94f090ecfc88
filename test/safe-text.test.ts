import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutToBytes, safeText } from '../src/safe-text.ts';

describe('safeText', () => {
  test.each([
    ['java', 'java'],
    ['grün 😀', 'grün 😀'],
    ['', ''],
    ['a\nb', String.raw`a\x0ab`],
    ['\u001B[31m', String.raw`\x1b[31m`],
    ['\u0000\u007F', String.raw`\x00\x7f`],
    ['\u0085', String.raw`\xc2\x85`],
    ['\u202Egnp.exe', String.raw`\xe2\x80\xaegnp.exe`],
    ['a\u200Bb', String.raw`a\xe2\x80\x8bb`],
    ['\u2028', String.raw`\xe2\x80\xa8`],
    ['back\\slash', 'back\\slash'],
  ])('%j is printed as %s', (text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  test('leaves nothing that moves a cursor or hides text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('cutToBytes', () => {
  test.each([
    ['short', 10, 'short'],
    ['0123456789', 10, '0123456789'],
    ['0123456789x', 10, '0123456…'],
    ['üüüüü', 9, 'üüü…'],
    ['😀😀😀', 10, '😀…'],
  ])('%s in %d bytes is %s', (text, bytes, cut) => {
    expect(cutToBytes(text, bytes)).toBe(cut);
    expect(Buffer.byteLength(cutToBytes(text, bytes))).toBeLessThanOrEqual(bytes);
  });
});
