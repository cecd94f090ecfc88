import { RecorderError } from '../errors.ts';

/** `proc_do_uuid()`, drivers/char/random.c: a UUID made at boot, the same for all containers. */
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Without the boot id a sequence number does not tell one record from another boot's. */
export class BootIdError extends RecorderError {
  readonly code = 'E_BOOT_ID';
  readonly retryable = false;

  constructor(problem: string, cause?: unknown) {
    super(
      `Reading the boot id ${BOOT_ID_PATH}: ${problem}. Make /proc readable for the agent.`,
      cause,
    );
  }
}

/** Reads the id of this boot; with a record's sequence it names the record for ever. */
export function readBootId(readText: (path: string) => string): string {
  let text: string;
  try {
    text = readText(BOOT_ID_PATH).trim();
  } catch (cause) {
    throw new BootIdError('it cannot be read', cause);
  }
  if (!UUID.test(text)) throw new BootIdError(`${JSON.stringify(text)} is not a UUID`);
  return text;
}
