import { Subject } from 'rxjs';
import type { ReadGate } from '../../src/kmsg/read-gate.ts';

/** A gate that a test opens and closes by hand. */
export class FakeGate implements ReadGate {
  readonly opened$ = new Subject<void>();
  isOpen = true;

  close(): void {
    this.isOpen = false;
  }

  open(): void {
    this.isOpen = true;
    this.opened$.next();
  }
}
