import koffi from 'koffi';

/** include/uapi/linux/fs.h, as `devkmsg_llseek()` (kernel/printk/printk.c) takes them. */
const WHENCE = {
  /** To the oldest record that the ring has. */
  oldest: 0,
  /** Behind the newest one: the next read is of what is written from now on. */
  end: 2,
} as const;

const FAILED = -1;

/** Moves the reading position of an open `/dev/kmsg`; node:fs cannot. It does not tell where that is. */
export function seekLog(fd: number, to: keyof typeof WHENCE): void {
  const lseek = koffi.load(null).func('lseek', 'long', ['int', 'long', 'int']);
  if (lseek(fd, 0, WHENCE[to]) === FAILED)
    throw new Error(`lseek(2) failed with errno ${koffi.errno()}`);
}
