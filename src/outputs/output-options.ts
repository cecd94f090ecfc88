import { RecorderError } from '../errors.ts';

/** The flags and variables do not say one place to go to: wrong usage. */
export class OutputOptionsError extends RecorderError {
  readonly code: `E_${string}_OPTIONS`;
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(code: OutputOptionsError['code'], message: string, cause?: unknown) {
    super(message, cause);
    this.code = code;
  }
}

/** Says what is wrong with the flags of one output. */
type Complain = (problem: string, cause?: unknown) => OutputOptionsError;

/** A text as it is now: a file may be replaced while the agent runs. */
export type ReadAnew = () => string;

/** @throws OutputOptionsError that names the flag, and nothing of the URL: there may be a secret in it */
export function httpUrl(text: string, flag: string, complain: Complain): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw complain(`${flag} is no http or https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw complain(`take the user and the password out of ${flag}`);
  }
  return url;
}

/**
 * A file that is read for each use. It is read once before it is needed: a path that is wrong is told
 * at the start.
 *
 * @param what is in it
 * @throws OutputOptionsError
 */
export function fileText(
  what: string,
  path: string,
  readText: (path: string) => string,
  complain: Complain,
): ReadAnew {
  const read: ReadAnew = () => readText(path).trim();
  try {
    read();
  } catch (cause) {
    throw complain(`the ${what} in ${path} cannot be read`, cause);
  }
  return read;
}
