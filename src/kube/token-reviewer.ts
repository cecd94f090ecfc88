import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-errors.ts';
import { field, text } from './loose-json.ts';
import type { Timeouts } from './shared-dispatcher.ts';

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const METRICS_PATH = '/metrics';

/** Whoever asks waits for two reviews, and a connection to the agent lives for ten seconds. */
export const REVIEW_TIMEOUTS: Timeouts = { connectMs: 2_000, requestMs: 4_000 };

/** What somebody wants to read: pods, in one namespace or in all of them, or the metrics of an agent. */
export type Wanted =
  | { readonly kind: 'pods'; readonly namespace: string | undefined }
  | { readonly kind: 'metrics' };

/** Why a token does not do, for whoever showed it; `undefined` where it does. */
export type Refusal = string | undefined;

/**
 * Whether a token's user may get that. Of metrics it is the right to the URL `/metrics`, as the API server has it for its own.
 * It is asked whose the token is and what that user may do, as the kubelet does for its own port
 * (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/). A token is sent nowhere else, and is in no
 * message. Never fails: what the API server did not say is a refusal.
 */
export async function mayGet(
  client: Pick<ApiClient, 'write'>,
  token: string,
  wanted: Wanted,
): Promise<Refusal> {
  try {
    const reviewed = await create(client, TOKEN_REVIEWS, tokenReview(token));
    const user = field(reviewed, 'status', 'user');
    const name = text(user, 'username');
    if (field(reviewed, 'status', 'authenticated') !== true || name === undefined)
      return 'the API server does not know the token';
    const access = await create(client, ACCESS_REVIEWS, accessReview(user, wanted));
    if (field(access, 'status', 'allowed') === true) return undefined;
    return `${name} may not get ${inWords(wanted)}`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === 'E_API_FORBIDDEN'
      ? NO_COMPONENT
      : `the API server did not tell whose the token is [${error.code}]`;
  }
}

function create(client: Pick<ApiClient, 'write'>, path: string, object: object): Promise<unknown> {
  const body = JSON.stringify(object);
  return client.write({ method: 'POST', path, contentType: 'application/json', body });
}

const NO_COMPONENT =
  'the agent may not have tokens reviewed: kubectl apply with manifests/components/api-access lets it';

function tokenReview(token: string): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
}

function inWords(wanted: Wanted): string {
  if (wanted.kind === 'metrics') return METRICS_PATH;
  const { namespace } = wanted;
  return `pods in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;
}

function accessReview(user: unknown, wanted: Wanted): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: field(user, 'username'),
      uid: field(user, 'uid'),
      groups: field(user, 'groups'),
      extra: field(user, 'extra'),
      ...(wanted.kind === 'pods'
        ? { resourceAttributes: { verb: 'get', resource: 'pods', namespace: wanted.namespace } }
        : { nonResourceAttributes: { verb: 'get', path: METRICS_PATH } }),
    },
  };
}
