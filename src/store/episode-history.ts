import type { Attribution } from '../pods/attribute.ts';
import type { SqlParams } from './prepared-database.ts';
import type { StateDatabase } from './state-database.ts';
import { idOf, type NumberedEpisode, toNumbered } from './stored-episode.ts';

/** One whose subjects are known. */
export interface AttributedEpisode extends NumberedEpisode {
  readonly attribution: Attribution;
}

/** Boot and sequence: what a file that was away gives no other, as it may an id. */
export type EpisodeKey = readonly [bootId: string, sequence: number];

/** The node's history in the order of recording, for whoever follows it. */
export class EpisodeHistory {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  /**
   * The oldest first, of those whose attribution is known: the ones after `id`, and of those before it
   * the ones in `among`. Who was never attributed (kept from long ago, or given up) is not one of them.
   */
  attributed(id: number, among: readonly number[], count: number): AttributedEpisode[] {
    // With a lower bound SQLite need not go through what was settled long ago.
    const sql = `SELECT * FROM episodes
      WHERE id >= ? AND (id > ? OR id IN (SELECT value FROM json_each(?)))
      AND attribution IS NOT NULL ORDER BY id LIMIT ?`;
    const params = [Math.min(id, ...among), id, JSON.stringify(among), count];
    const rows = this.#db.read((db) => db.all(sql, ...params).map(toNumbered));
    return rows as AttributedEpisode[];
  }

  /** The ids of the ones that are attributed or may yet be: those after `id`, and those in `among`. */
  attributable(id: number, among: readonly number[], until = Number.MAX_SAFE_INTEGER): number[] {
    const sql = `SELECT id FROM episodes
      WHERE (id > ? AND id <= ? OR id IN (SELECT value FROM json_each(?)))
      AND (attribution IS NOT NULL OR state = 'pending') ORDER BY id`;
    return this.#ids(sql, id, until, JSON.stringify(among));
  }

  /** The ids that these have now; of those that are gone, none. */
  idsOf(episodes: readonly EpisodeKey[]): number[] {
    const sql = `SELECT episodes.id FROM json_each(?) AS asked CROSS JOIN episodes
      ON boot_id = asked.value ->> 0 AND sequence = asked.value ->> 1`;
    return this.#ids(sql, JSON.stringify(episodes));
  }

  /** The last id of what entered the store before then; 0 if there is none. */
  lastBefore(ms: number): number {
    const sql = 'SELECT id FROM episodes WHERE entered_ms < ? ORDER BY id DESC LIMIT 1';
    return this.#ids(sql, ms)[0] ?? 0;
  }

  /** What is older was let go, but for what is pending; `undefined` while nothing is decided. */
  oldestDecided(): number | undefined {
    return this.#ids(`SELECT id FROM episodes WHERE state <> 'pending' ORDER BY id LIMIT 1`)[0];
  }

  #ids(sql: string, ...params: SqlParams): number[] {
    return this.#db.read((db) => db.all(sql, ...params)).map(idOf);
  }
}
