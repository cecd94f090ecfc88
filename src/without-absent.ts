/** `T` where a property that may be `undefined` is optional instead. */
export type WithoutAbsent<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Drops the properties that are not there, so that absent means absent in types as in JSON. */
export function withoutAbsent<T extends object>(facts: T): WithoutAbsent<T> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as WithoutAbsent<T>;
}
