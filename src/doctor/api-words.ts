import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import { failed, type Finding, whyOf } from './check.ts';

const FIXES: Readonly<Partial<Record<ApiErrorCode, string>>> = {
  E_API_UNREACHABLE: 'check its address, the network and its NetworkPolicies, and the CA',
  E_API_TIMEOUT: 'check the network, a firewall that drops, and the load of the API server',
  E_API_CREDENTIALS:
    'in a pod: is the ServiceAccount’s token mounted? Else check the kubeconfig’s user',
  E_API_UNAUTHORIZED: 'the token is wrong or over: log in again, or restart the pod',
  E_API_FORBIDDEN: 'kubectl apply --server-side -k manifests/base',
  E_API_GARBLED: 'something stands between, a proxy or a log-in page: ask the API server itself',
};

/** Why the API server did not answer; never an answer's own words, which may quote our request. */
export function apiFailure(error: unknown): Finding {
  if (!(error instanceof ApiError)) throw error;
  const { code, message, status } = error;
  const why = status === undefined ? causeOf(error) : undefined;
  const fix = FIXES[code] ?? `see ${code} in docs/runbook.md`;
  return failed(`${message}${why === undefined ? '' : `: ${why}`} [${code}]`, fix);
}

/** The innermost says most. */
function causeOf({ cause }: Error): string | undefined {
  return cause instanceof Error ? (causeOf(cause) ?? whyOf(cause)) : undefined;
}
