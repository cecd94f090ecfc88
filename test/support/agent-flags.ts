/** V8's, as the Dockerfile has them; a test compares. */
export const AGENT_FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--max-old-space-size=96',
  '--optimize-for-size',
  '--liftoff-only',
  '--no-maglev',
  '--invocation-count-for-turbofan=100000',
];

/** glibc's, which the Dockerfile has as well. */
export const AGENT_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' } as const;
