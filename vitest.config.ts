import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const { NODE_KUBECONFIG } = process.env;
/** Run against `make node`, where its kubeconfig is given. */
const NEEDS_NODE = 'test/e2e/*-node.test.ts';

/** On a fresh clone Vitest begins with what is large. These are not, and take a minute: begun last, they would end alone. */
const LONG = /\/integration\/(?:crash|control-plane)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => Number(!LONG.test(moduleId));
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's, which mutates nothing
    const large = await super.sort(files);
    return large.toSorted((a, b) => rank(a) - rank(b));
  }
}

/**
 * Three kinds of test, told apart by where they live: `unit` needs nothing but Node, `integration`
 * a real API server, `e2e` a real kernel, of which there is one: its files are run one at a time, and nothing beside them.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**'],
          // They share nothing but modules, whose loading is 40 % of the time where each file has a process of its own.
          isolate: false,
          // One less is the default: of two processors, one.
          maxWorkers: '100%',
          // Some compute for two seconds, and for many more where others want the processor.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/resolve-binaries.ts'],
          // Each file has an API server of its own, and waits most of the time: of two processors three files take what two would not.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: NODE_KUBECONFIG === undefined ? [NEEDS_NODE] : [],
          globalSetup: ['test/support/resolve-binaries.ts'],
          setupFiles: ['test/support/leave-contexts.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
