import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryQuantity } from '../../src/pods/memory-quantity.ts';

describe('memoryQuantity', () => {
  test.each([
    ['0', 0],
    ['134217728', 2 ** 27],
    ['128Mi', 2 ** 27],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['.5Ki', 512],
    ['500M', 500_000_000],
    ['1k', 1000],
    ['128974848000m', 128_974_848],
    ['1500m', 2],
    ['1e3', 1000],
    ['12E6', 12_000_000],
    ['1E', 1e18],
    ['2.3G', 2_300_000_000],
    ['+1Ki', 1024],
    [1024, 1024],
  ])('reads %s as %d bytes', (quantity, bytes) => {
    expect(memoryQuantity(quantity)).toBe(bytes);
  });

  test.each([
    '',
    'lots',
    '1KiB',
    '1K',
    '-1Gi',
    '1 Gi',
    '1e3Ki',
    '.',
    'Gi',
    '1e999',
    Number.NaN,
    -1,
    null,
    undefined,
    {},
    [],
  ])('does not read %j', (quantity) => {
    expect(memoryQuantity(quantity)).toBeUndefined();
  });

  test('agrees with exact arithmetic on every whole number of bytes a node may have', () => {
    const factors = {
      '': 1n,
      k: 10n ** 3n,
      M: 10n ** 6n,
      Ki: 1n << 10n,
      Mi: 1n << 20n,
      Gi: 1n << 30n,
    };
    fc.assert(
      fc.property(
        fc.nat(4000),
        fc.constantFrom(...Object.entries(factors)),
        (n, [suffix, factor]) => {
          expect(memoryQuantity(`${n}${suffix}`)).toBe(Number(BigInt(n) * factor));
        },
      ),
    );
  });
});
