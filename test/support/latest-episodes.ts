import type { StateStore } from '../../src/store/state-store.ts';
import { type StoredEpisode, toStored } from '../../src/store/stored-episode.ts';

/** What a store has, the newest first. */
export function latestEpisodes({ episodes }: StateStore, count: number): StoredEpisode[] {
  const sql = 'SELECT * FROM episodes ORDER BY id DESC LIMIT ?';
  return episodes.ask((db) => db.all(sql, count).map(toStored));
}
