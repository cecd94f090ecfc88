import type { ApiClient } from '../kube/api-client.ts';
import { ApiError } from '../kube/api-errors.ts';
import { field } from '../kube/loose-json.ts';
import { type Check, check, failed, ok, unknown } from './check.ts';

/** The rules of manifests/base/cluster-role.yaml: all that the agent may do. */
export const PERMISSIONS = [
  { verb: 'get', resource: 'pods' },
  { verb: 'list', resource: 'pods' },
  { verb: 'watch', resource: 'pods' },
  { verb: 'create', resource: 'events' },
  { verb: 'patch', resource: 'events' },
  { verb: 'get', resource: 'nodes' },
] as const;

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * Whether we may do each, in every namespace. Nobody needs a right to ask that: `system:basic-user` is
 * bound to all who are authenticated.
 */
export function permissionChecks(client: Pick<ApiClient, 'write'>): readonly Check[] {
  return PERMISSIONS.map((permission) =>
    check(`may ${permission.verb} ${permission.resource}`, async () => {
      try {
        const review = await client.write(reviewOf(permission));
        const allowed = field(review, 'status', 'allowed');
        if (allowed === true) return ok('allowed');
        if (allowed !== false) return unknown('the API server did not tell');
        return failed(
          'not allowed in the whole cluster',
          'kubectl apply --server-side -k manifests/base',
        );
      } catch (error) {
        if (error instanceof ApiError)
          return unknown(`the API server did not tell [${error.code}]`);
        throw error;
      }
    }),
  );
}

function reviewOf(resourceAttributes: (typeof PERMISSIONS)[number]) {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const contentType = 'application/json';
  return { method: 'POST', path: REVIEWS, contentType, body: JSON.stringify(body) } as const;
}
