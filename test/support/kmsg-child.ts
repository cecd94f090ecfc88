import { filter, take } from 'rxjs';
import { openKmsg } from '../../src/kmsg/device.ts';
import { FakeGate } from './fake-gate.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/**
 * A process of its own that reads the kernel log and then leaves it, as its first argument says:
 * `unsubscribe`, `exit` or `throw` while poll(2) waits; `refused`, opened as nobody. The second is the path.
 */
const [how, path = '/dev/kmsg'] = process.argv.slice(2);

/** nobody, everywhere. */
const NOBODY = 65_534;

/** Long enough after `drained` for the wait in poll(2) to have begun. */
const SETTLED_MS = 100;

const { reads$ } = openKmsg({
  path,
  gate: new FakeGate(),
  clock: SYSTEM_CLOCK,
  onExit: (callback) => {
    process.on('exit', callback);
    return () => process.off('exit', callback);
  },
});

if (how === 'refused') process.seteuid?.(NOBODY);
const subscription = reads$.subscribe({
  error: (error: { code: string; message: string }) => console.log(error.code, error.message),
});
if (!subscription.closed) {
  reads$
    .pipe(
      filter(({ kind }) => kind === 'drained'),
      take(1),
    )
    .subscribe(() => setTimeout(leave, SETTLED_MS));
}

function leave(): void {
  console.log('leaving');
  if (how === 'exit') process.exit(7);
  if (how === 'throw') throw new Error('on purpose');
  subscription.unsubscribe();
}
