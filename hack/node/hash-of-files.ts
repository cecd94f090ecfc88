import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const DIGITS = 12;

/** A name for what is made of these files and directories: their contents, their places and `more`. */
export async function hashOfFiles(paths: readonly string[], more = ''): Promise<string> {
  const hash = createHash('sha256').update(more);
  for (const path of paths)
    for (const file of await filesBelow(path))
      hash.update(`\0${relative(path, file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, DIGITS);
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    () => undefined,
  );
  if (entries === undefined) return [path]; // it is a file
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
}
