/**
 * How the lines begin that `readKernelLine` reads, but for a report's header, by the file that has
 * their patterns. Few other lines begin so, and those are read in full.
 */
const BEGINNINGS: readonly string[] = [
  // kernel-lines.ts; the first is both kinds of line of a task table
  '[|oom-kill:|memory: |Task in |Tasks in |oom_reaper: |Kernel panic - ',
  'oom_kill_process: |dump_header: ',
  // kill-line.ts; "no killable processes" begins as some of these
  'Memory cgroup |Out of memory|Kill process |Killed process |OOM victim ',
  // memory-statistics.ts; `pages RAM` has its number first
  'memory+swap: |swap: |kmem: |Node |Free swap |Total swap |0|1|2|3|4|5|6|7|8|9',
  'anon |file |shmem |kernel |slab |pagetables |kernel_stack |percpu |sock |rss |cache ',
  'total_rss |total_cache |total_shmem ',
  'active_anon:|active_file:|unevictable:|slab_reclaimable:|mapped:|free:',
  ' active_anon:| active_file:| unevictable:| slab_reclaimable:| mapped:| free:',
].flatMap((texts) => texts.split('|'));

/** ` invoked oom-killer: `, as much as few other lines have. It stands behind a process's name. */
const INVOKED = ascii(' inv');
const MAX_COMM_BYTES = 15;

/** Begins an escape, which may stand for any letter of these. None is longer than that. */
const BACKSLASH = 0x5c;
const MAX_BEGINNING = MAX_COMM_BYTES + INVOKED.length;

/** They, by their first byte. */
const BY_FIRST: readonly (readonly Uint8Array[])[] = Array.from({ length: 256 }, (_, byte) =>
  BEGINNINGS.filter((text) => text.charCodeAt(0) === byte).map(ascii),
);

/**
 * Whether the message that begins at `start` may be a line of the OOM path, its bytes still as the
 * kernel printed them. Where not, it certainly is none: most records are done with that, at a tenth
 * of what a string and the patterns cost.
 */
export function mayBeKernelLine(bytes: Uint8Array, start: number): boolean {
  const end = Math.min(start + MAX_BEGINNING, bytes.length);
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH || (byte === INVOKED[0] && standsAt(at, bytes, INVOKED))) return true;
  }
  for (const beginning of BY_FIRST[bytes[start] ?? 0] ?? [])
    if (standsAt(start, bytes, beginning)) return true;
  return false;
}

function standsAt(start: number, bytes: Uint8Array, text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at += 1) if (bytes[start + at] !== text[at]) return false;
  return true;
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
