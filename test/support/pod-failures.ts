import { ApiError } from '../../src/kube/api-errors.ts';
import { garbled } from '../../src/kube/classify-failure.ts';

/** How a list or a watch of pods fails, as the API client tells it. */
export const podFailures = {
  /** 410: the version has been compacted away. */
  expired: () => new ApiError('expired', { code: 'E_API_GONE', retryable: true, status: 410 }),
  /** 504: the version is ahead of the server's. */
  ahead: () => unavailable('ahead', 504, { causes: ['ResourceVersionTooLarge'] }),
  throttled: (retryAfterMs?: number) => unavailable('throttled', 429, { retryAfterMs }),
  unavailable: () => unavailable('unavailable', 503),
  /** The connection broke. */
  broken: () => new ApiError('broken', { code: 'E_API_UNREACHABLE', retryable: true }),
  /** Nothing came. */
  silent: () => new ApiError('silent', { code: 'E_API_TIMEOUT', retryable: true }),
  /** A proxy's page. */
  garbled: () => garbled('garbled'),
} as const;

type More = Pick<ConstructorParameters<typeof ApiError>[1], 'causes' | 'retryAfterMs'>;

function unavailable(doing: string, status: number, more: More = {}): ApiError {
  return new ApiError(doing, { code: 'E_API_UNAVAILABLE', retryable: true, status, ...more });
}
