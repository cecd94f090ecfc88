/** `T` where a property that may be `undefined` is optional instead. */
export type WithoutAbsent<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Drops the properties the kernel did not print, so that absent means absent in JSON and in types. */
export function withoutAbsent<T extends object>(facts: T): WithoutAbsent<T> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as WithoutAbsent<T>;
}
