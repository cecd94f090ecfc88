/** proc_pid_mountinfo(5): `36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw`. */
const MOUNT = /^\d+ \d+ \S+ \S+ (?<point>\S+) .*? - (?<type>\S+) /;

/** The kernel escapes space, tab, newline and backslash: mangle_path(), fs/seq_file.c. */
const ESCAPE = /\\(?<octal>[0-7]{3})/g;

/** The type of the file system that a path is on; of two mounts on one point the later one counts. */
export function mountOf(mountinfo: string, path: string): string | undefined {
  let found: { readonly point: string; readonly type: string } | undefined;
  for (const line of mountinfo.split('\n')) {
    const { point: escaped, type } = MOUNT.exec(line)?.groups ?? {};
    if (escaped === undefined || type === undefined) continue;
    const point = escaped.replace(ESCAPE, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (isBelow(path, point) && point.length >= (found?.point.length ?? 0)) found = { point, type };
  }
  return found?.type;
}

function isBelow(path: string, point: string): boolean {
  return path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
}
