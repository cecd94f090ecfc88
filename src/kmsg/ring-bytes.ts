import koffi from 'koffi';

/** include/linux/syslog.h; without privilege where kernel.dmesg_restrict is 0. */
const SYSLOG_ACTION_SIZE_BUFFER = 10;

/**
 * How large the kernel's ring is; `undefined` where the kernel does not say.
 *
 * @see syslog(2), whose name in libc is klogctl(3)
 */
export function ringBytes(): number | undefined {
  try {
    const klogctl = koffi.load(null).func('klogctl', 'int', ['int', 'void *', 'int']);
    const bytes: unknown = klogctl(SYSLOG_ACTION_SIZE_BUFFER, null, 0);
    return typeof bytes === 'number' && bytes > 0 ? bytes : undefined;
  } catch {
    return undefined;
  }
}
