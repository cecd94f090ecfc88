import { existsSync } from 'node:fs';
import { openHistory, stateFile } from '../store/open-database.ts';
import { PreparedDatabase } from '../store/prepared-database.ts';
import { HistoryError } from '../store/store-errors.ts';
import type { AskHistory } from '../store/history.ts';
import { stateDirectory } from './open-store.ts';

/** The history in a state directory, for whoever only looks. */
export interface OpenedHistory extends Disposable {
  readonly ask: AskHistory;
}

/**
 * Opens what the agent of that state directory writes: what it posts, else what it prints.
 *
 * @throws HistoryError, and so does `ask`
 */
export function openStateHistory(stateDir: string): OpenedHistory {
  const files = [false, true].map((isPrinting) =>
    stateFile(stateDirectory({ stateDir }, isPrinting) ?? stateDir),
  );
  const path = files.find((file) => existsSync(file));
  if (path === undefined) throw new HistoryError(stateDir, NOTHING_THERE);
  const db = explained(path, () => new PreparedDatabase(openHistory(path)));
  return {
    ask: (ask) => explained(path, () => ask(db)),
    [Symbol.dispose]: () => db.close(),
  };
}

const NOTHING_THERE =
  'there is no state file, or none that may be seen. Name the --state-dir of the agent; ' +
  'one that has none tells its history at /api/v1/episodes';

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HistoryError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HistoryError(path, `it cannot be read: ${why}. Read it as the agent’s user`, cause);
  }
}
