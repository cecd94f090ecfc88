import { expect, test } from 'vitest';
import { ringBytes } from '../../src/kmsg/ring-bytes.ts';
import { needsRoot } from '../support/needs-root.ts';

test.skipIf(needsRoot())(
  'the kernel’s ring is a power of two, no smaller than LOG_BUF_SHIFT lets it',
  () => {
    const bytes = ringBytes() ?? 0;
    expect(Math.log2(bytes) % 1).toBe(0);
    expect(bytes).toBeGreaterThanOrEqual(2 ** 12);
  },
);
