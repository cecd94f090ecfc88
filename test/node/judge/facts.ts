/** Something that was looked at, and what it should have been. */
export type Fact = readonly [
  what: string,
  is: string | number | undefined,
  shouldBe: string | number | undefined,
];

/** A line for each that is not as it should be. */
export function differences(facts: readonly Fact[]): readonly string[] {
  return facts
    .filter(([, is, shouldBe]) => is !== shouldBe)
    .map(([what, is, shouldBe]) => `${what}: ${is}, not ${shouldBe}`);
}
