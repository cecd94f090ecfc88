import { apiAnswer, podList, watchStream } from './api-answers.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { kernelLog } from './kernel-log.ts';
import { podObject, podsFile } from './pods.ts';
import { savedLog } from './saved-logs.ts';
import { skippedRecords } from './skipped-records.ts';

/** Everything that is fuzzed, and how many of a million inputs each gets: what is quick gets most. */
export const TARGETS: readonly (readonly [FuzzTarget, share: number])[] = [
  [kernelLog, 0.6],
  [skippedRecords, 0.1],
  [podObject, 0.1],
  [podsFile, 0.1],
  [watchStream, 0.04],
  [apiAnswer, 0.01],
  [podList, 0.04],
  [savedLog, 0.01],
];
