import type { Observable } from 'rxjs';

/** Asked before every read, so that the kernel's ring is the only queue there is. */
export interface ReadGate {
  readonly isOpen: boolean;
  /** Says each time the gate, having been closed, is open again. Never errors. */
  readonly opened$: Observable<void>;
}
