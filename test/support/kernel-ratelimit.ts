/** DEFAULT_RATELIMIT_BURST, include/linux/ratelimit_types.h: of so many kills on the whole machine the kernel prints the context … */
export const RATELIMIT_BURST = 10;
/** … in DEFAULT_RATELIMIT_INTERVAL. */
export const RATELIMIT_INTERVAL_MS = 5000;
