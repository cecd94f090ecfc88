import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';

/** A server may answer with a page; its beginning says what it is. */
const MAX_QUOTED = 300;

const FIXES: Readonly<Partial<Record<ApiErrorCode, string>>> = {
  E_API_UNREACHABLE: 'Does the cluster run, and is this the right context?',
  E_API_TIMEOUT: 'Is something between here and the API server that drops connections?',
  E_API_CREDENTIALS: 'Check the user of this context in the kubeconfig',
  E_API_UNAUTHORIZED: 'Log in again',
  E_API_FORBIDDEN: 'kubectl auth can-i --list says what is allowed',
  E_API_GARBLED: 'Something stands between here and the API server, a proxy or a log-in page',
};

/**
 * The same failure in the words of somebody who waits at a terminal: what was asked, of whom, what was
 * said, what to do. Anything else than an `ApiError` is handed back as it is.
 *
 * @param doing what was asked for: `listing Events in namespace shop`
 */
export function inWords(err: unknown, doing: string, server: string): unknown {
  if (!(err instanceof ApiError)) return err;
  const quoted = whyOf(err);
  const fix = FIXES[err.code];
  const words = [`${capital(doing)} at ${server} failed: ${quoted}`, ...(fix ? [fix] : [])];
  return new ApiError(words.join('. '), err, err);
}

/** Why something failed, in a line: what the server or the system said. */
export function whyOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  return (innermost(err) ?? err.message).slice(0, MAX_QUOTED).replace(/\s+/g, ' ');
}

/** It is the cause of causes. */
function innermost({ cause }: Error): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { message, code } = cause as NodeJS.ErrnoException;
  return innermost(cause) ?? (message === '' ? code : message);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
