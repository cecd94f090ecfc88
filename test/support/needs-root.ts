/** Whether to skip what only root can do; said loudly, and never in CI. */
export function needsRoot(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (isRoot || process.env['CI'] === 'true') return false;
  console.warn('SKIPPED: these tests need root');
  return true;
}
