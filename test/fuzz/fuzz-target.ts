import { getHeapStatistics } from 'node:v8';
import * as fc from 'fast-check';

/** One way into the program: inputs somebody may send, and what must be true of each. */
export interface FuzzTarget {
  readonly name: string;
  /** Tries the inputs of a seed. @throws what the first failure says, made as small as it can be */
  fuzz(seed: number, inputs: number): Promise<void>;
}

/**
 * Far more than any input of these takes; a pattern that backtracks takes for ever. Of the processor: who runs beside
 * others, and behind them, may stand still for minutes.
 */
const MAX_CPU_MS = 5_000;
/** By so much may all memory have grown behind one input, without what was collected meanwhile. The hungriest, a replay, took 11. */
const MAX_GROWTH_MIB = 64;
const MIB = 1024 * 1024;

interface Spent {
  readonly cpu: NodeJS.CpuUsage;
  readonly bytes: number;
}

/** A target of synchronous code. @param check throws where something is not as it must be */
export function target<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => void,
): FuzzTarget {
  const property = fc.property(inputs, (input) => {
    const before = spent();
    check(input);
    expectLittle(before);
  });
  return {
    name,
    fuzz: async (seed, numRuns) => fc.assert(property, { seed, numRuns }),
  };
}

/** The same of code that waits. */
export function asyncTarget<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void>,
): FuzzTarget {
  const property = fc.asyncProperty(inputs, async (input) => {
    const before = spent();
    await check(input);
    expectLittle(before);
  });
  return { name, fuzz: (seed, numRuns) => fc.assert(property, { seed, numRuns }) };
}

function spent(): Spent {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return { cpu: process.cpuUsage(), bytes: used_heap_size + external_memory };
}

function expectLittle(before: Spent): void {
  const { user, system } = process.cpuUsage(before.cpu);
  const tookMs = (user + system) / 1000;
  if (tookMs > MAX_CPU_MS) throw new Error(`it took ${Math.round(tookMs)} ms of the processor`);
  const grownMib = (spent().bytes - before.bytes) / MIB;
  if (grownMib > MAX_GROWTH_MIB) throw new Error(`it took ${Math.round(grownMib)} MiB of memory`);
}
