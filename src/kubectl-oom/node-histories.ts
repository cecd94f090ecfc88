import type { Clock } from '../clock.ts';
import type { FoundKills, KillQuery } from './find-kills.ts';
export interface H {
  readonly recorderNamespace: string;
  readonly withTasks: boolean;
}
export async function findInHistories(
  query: KillQuery,
  options: H,
  clock: Clock,
): Promise<FoundKills> {
  void query;
  void options;
  void clock;
  return { kills: [], notes: [] };
}
