import { registerHooks } from 'node:module';

/**
 * Loaded before the agent (`node --import`): `--kmsg` then names a file that somebody appends to, and
 * the agent takes it for the kernel's log. All the rest of it is the real thing.
 */
const TAILED = new URL('./tailed-kernel-log.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return found.url.endsWith('/src/kmsg/kernel-log.ts') ? next(TAILED, context) : found;
  },
});
