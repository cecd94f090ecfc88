import type { Advice } from './explanation.ts';
import type { Facts } from './facts.ts';
import { LIMIT_RULES, RAISE_LIMIT } from './limit-rules.ts';
import { MEMORY_RULES } from './memory-rules.ts';
import { NODE_RULES } from './node-rules.ts';
import { PROCESS_RULES } from './process-rules.ts';

/** One piece of advice and its condition. It speaks only where its numbers are in the report. */
export interface Rule {
  readonly name: string;
  readonly advise: (facts: Facts) => string | undefined;
}

/** In the order in which they are said: why, who, what of, and last how much more. */
export const RULES: readonly Rule[] = [
  ...NODE_RULES,
  ...LIMIT_RULES,
  ...PROCESS_RULES,
  ...MEMORY_RULES,
  RAISE_LIMIT,
];

/** What the rules say of it. */
export function advise(facts: Facts): readonly Advice[] {
  return RULES.flatMap(({ name, advise: ask }) => {
    const text = ask(facts);
    return text === undefined ? [] : [{ rule: name, text }];
  });
}
