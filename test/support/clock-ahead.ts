/**
 * Loaded before the agent (`node --import`): its wall clock is CLOCK_AHEAD_MS ahead, as if so much
 * time had gone by since an earlier process with the same state.
 */
const aheadMs = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const now = Date.now;
Date.now = () => now() + aheadMs;
