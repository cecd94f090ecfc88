import { describe, expect, test } from 'vitest';
import { BootIdError, readBootId } from '../../src/kmsg/boot-id.ts';

function refuse(): never {
  throw new Error('ENOENT');
}

describe('the boot id', () => {
  test('is what /proc says, without its newline', () => {
    const read: string[] = [];
    const id = readBootId((path) => {
      read.push(path);
      return '7d0a8f6c-3c0f-4c53-8a9c-0e5c0a8e7b11\n';
    });
    expect(id).toBe('7d0a8f6c-3c0f-4c53-8a9c-0e5c0a8e7b11');
    expect(read).toEqual(['/proc/sys/kernel/random/boot_id']);
  });

  test('that is no UUID is refused', () => {
    expect(() => readBootId(() => 'none\n')).toThrow(/boot_id: "none" is not a UUID/);
  });

  test('that cannot be read is a typed error', () => {
    expect(() => readBootId(refuse)).toThrow(BootIdError);
    expect(() => readBootId(refuse)).toThrow(expect.objectContaining({ code: 'E_BOOT_ID' }));
  });
});
