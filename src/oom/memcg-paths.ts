import type { ByteString } from '../kmsg/record.ts';

/** Whether `path` is `ancestor` or lies below it. A victim is always under the limit that was hit. */
export function isUnder(path: ByteString, ancestor: ByteString): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}

/**
 * Splits `left<separator>right` into two absolute cgroup paths, either of which may contain the
 * separator: the right split is the one whose paths stand as `related` says.
 */
export function splitPaths(
  text: ByteString,
  separator: string,
  related: (left: ByteString, right: ByteString) => boolean,
): readonly [ByteString, ByteString] | undefined {
  if (!text.startsWith('/')) return undefined;
  const between = `${separator}/`;
  for (let at = text.indexOf(between); at !== -1; at = text.indexOf(between, at + 1)) {
    const left = text.slice(0, at);
    const right = text.slice(at + separator.length);
    if (related(left, right)) return [left, right];
  }
  return undefined;
}
