import { parseArgs } from 'node:util';
import { TARGETS } from './targets.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
/** Inputs between two words of progress; each batch has a seed of its own, which its failure names. */
const BATCH = 10_000;
/** By so much may the heap have grown when a target is through: code and its profile are kept, of an input nothing. */
const MAX_KEPT_MIB = 16;
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
    const beforeMib = heapMib();
    for (let done = 0; done < count; done += BATCH) {
      const batch = seed + done / BATCH;
      const progress = `\r${one.name}: ${done} of ${count}, seed ${batch} `;
      if (process.stdout.isTTY) process.stdout.write(progress);
      await one.fuzz(batch, Math.min(BATCH, count - done));
    }
    const moreMib = heapMib() - beforeMib;
    if (moreMib > MAX_KEPT_MIB)
      throw new Error(`${one.name}: the heap has grown by ${Math.round(moreMib)} MiB`);
    const seconds = (performance.now() - startedMs) / 1000;
    const rate = Math.round(count / seconds);
    const clear = process.stdout.isTTY ? '\r\u001b[K' : '';
    const kept = `heap grown by ${moreMib.toFixed(1)} MiB`;
    console.log(`${clear}${one.name}: ${count} inputs, none wrong, ${rate} a second, ${kept}`);
  }
}

/** What is left of the heap without its garbage. */
function heapMib(): number {
  if (globalThis.gc === undefined) throw new Error('node --expose-gc is needed: make fuzz');
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}
