import { leftStates, openCut } from '../support/cut-state.ts';

export interface TruncatedResult {
  readonly cuts: number;
  /** The cuts that were not survived as they must be, and how. */
  readonly wrong: readonly string[];
}

/** Opens a state cut at every byte of each of its files, at each of the moments that differ. */
export function truncatedState(print: (line: string) => void): TruncatedResult {
  let cuts = 0;
  const wrong: string[] = [];
  for (const state of leftStates()) {
    for (const [file, bytes] of Object.entries(state.files)) {
      for (let size = 0; size < bytes.length; size += 1) wrong.push(...openCut(state, file, size));
      cuts += bytes.length;
      print(`${state.name}, ${file}: cut at each of ${bytes.length} bytes, ${wrong.length} wrong`);
    }
  }
  return { cuts, wrong };
}
