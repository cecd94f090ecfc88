import { expect, onTestFinished, test, vi } from 'vitest';
import { changed } from './mutate-text.ts';
import { target } from './fuzz-target.ts';
import { TARGETS } from './targets.ts';
import * as fc from 'fast-check';

/** Always the same ones: `make fuzz` tries others. */
const SEED = 1;
const INPUTS = 3000;

test.each(TARGETS.map(([one, share]) => [one.name, one, share] as const))(
  '%s holds',
  async (_, one, share) => {
    await one.fuzz(SEED, Math.ceil(INPUTS * share));
  },
);

test('what does not hold is found', async () => {
  const digits = target('digits', fc.string(), (text) => {
    if (text.length > 3) throw new Error('too long');
  });
  await expect(digits.fuzz(SEED, 1000)).rejects.toThrow('Property failed');
});

test.each([
  ['5 s of the processor', { user: 4_900_000, system: 200_000 }, 0, 'it took 5100 ms'],
  ['to wait for it, which is no fault', { user: 0, system: 0 }, 60_000, undefined],
])('what takes %s', async (_, cpu, waitedMs, found) => {
  const spies = [
    vi.spyOn(process, 'cpuUsage').mockReturnValue(cpu),
    vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(waitedMs),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  const said = await target('slow', fc.constant(''), () => undefined)
    .fuzz(SEED, 1)
    .catch(({ cause }: Error) => cause as Error);
  expect(said?.message).toEqual(found === undefined ? undefined : expect.stringContaining(found));
});

test('what takes 130 MiB of memory', async () => {
  const held: unknown[] = [];
  const keep = (words: number) => void held.push(Array.from({ length: words }, () => 0.5));
  const said = await target('hungry', fc.constant(130 * 1024 * 128), keep)
    .fuzz(SEED, 1)
    .catch(({ cause }: Error) => cause as Error);
  expect(said?.message).toMatch(/^it took \d+ MiB of memory$/);
});

test.each([
  [{ kind: 'cut', at: 1, length: 2 }, 'ad'],
  [{ kind: 'put', at: 4, text: 'x' }, 'xabcd'],
  [{ kind: 'byte', at: 3, byte: 0x7a }, 'abcz'],
  [{ kind: 'repeat', at: 2, length: 1, times: 3 }, 'abccccd'],
] as const)('%j is one change', (one, text) => {
  expect(changed('abcd', one)).toBe(text);
});
