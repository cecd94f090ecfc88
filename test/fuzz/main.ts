import { parseArgs } from 'node:util';
import { TARGETS } from './targets.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
/** Inputs between two words of progress; each batch has a seed of its own, which its failure names. */
const BATCH = 10_000;
const USAGE = `usage: make fuzz ARGS='[--inputs COUNT] [--seed NUMBER] [--target ${TARGETS.map(([{ name }]) => name).join('|')}]'`;

interface Asked {
  readonly inputs: number;
  readonly seed: number;
  readonly target: string | undefined;
}

const asked = readOptions(process.argv.slice(2));
if (asked === undefined) {
  console.error(USAGE);
  process.exitCode = WRONG_USAGE;
} else {
  await fuzzAll(asked).catch((error: unknown) => {
    const { message, cause } = error as Error;
    console.error(cause instanceof Error ? `${cause.message}\n${message}` : message);
    process.exitCode = FAILED;
  });
}

function readOptions(args: readonly string[]): Asked | undefined {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { inputs: text, seed: text, target: text },
    });
    const inputs = Number(values.inputs ?? 1_000_000);
    const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
    const isTarget = TARGETS.some(([{ name }]) => name === (values.target ?? name));
    const areNumbers = Number.isSafeInteger(inputs) && inputs > 0 && Number.isSafeInteger(seed);
    return isTarget && areNumbers ? { inputs, seed, target: values.target } : undefined;
  } catch {
    return undefined;
  }
}

/** Each target has its share of the inputs; one that was named has all. */
async function fuzzAll({ inputs, seed, target }: Asked): Promise<void> {
  console.log(`seed ${seed}`);
  for (const [one, share] of TARGETS) {
    if (target !== undefined && target !== one.name) continue;
    const count = target === undefined ? Math.ceil(inputs * share) : inputs;
    const startedMs = performance.now();
    for (let done = 0; done < count; done += BATCH) {
      if (process.stdout.isTTY) process.stdout.write(`\r${one.name}: ${done} of ${count}`);
      await one.fuzz(seed + done / BATCH, Math.min(BATCH, count - done));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const rate = Math.round(count / seconds);
    const clear = process.stdout.isTTY ? '\r\u001b[K' : '';
    console.log(`${clear}${one.name}: ${count} inputs, none wrong, ${rate} a second`);
  }
}
