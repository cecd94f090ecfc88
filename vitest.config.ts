import { defineConfig } from 'vitest/config';

const { NODE_KUBECONFIG } = process.env;
/** Run against `make node`, where its kubeconfig is given. */
const NEEDS_NODE = 'test/e2e/*-node.test.ts';

/**
 * Three kinds of test, told apart by where they live: `unit` needs nothing but Node, `integration`
 * a real API server, `e2e` a real kernel. The last two share machines and are run one file at a time.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**'],
          // They share nothing but modules, whose loading is 40 % of the time where each file has a process of its own.
          isolate: false,
          // Some compute for two seconds, and for many more where others want the processor.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/resolve-binaries.ts'],
          fileParallelism: false,
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
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
