import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { permissionChecks, PERMISSIONS } from '../../src/doctor/permissions.ts';
import type { Change } from '../../src/kube/api-client.ts';
import { ApiError } from '../../src/kube/api-errors.ts';

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const ROLE = join(import.meta.dirname, '../../manifests/base/cluster-role.yaml');

test('the permissions are those of the manifests, each of them', () => {
  const { rules } = loadYaml<{ rules: readonly Rule[] }>(readFileSync(ROLE, 'utf8'));
  const granted = rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ verb, resource }))),
  );
  expect(PERMISSIONS).toEqual(granted);
});

describe('a permission', () => {
  const lookAtAll = async (write: (change: Change) => Promise<unknown>) =>
    Promise.all(permissionChecks({ write }).map(async (check) => check.look()));

  test('is asked for by a review of our own access', async () => {
    const asked: Change[] = [];
    await lookAtAll(async (change) => asked.push(change));
    expect(asked).toHaveLength(PERMISSIONS.length);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    });
  });

  test('is there, or is not', async () => {
    const onlyPods = async ({ body }: Change) => ({
      status: { allowed: body.includes('"pods"') },
    });
    expect(await lookAtAll(onlyPods)).toMatchObject([
      { status: 'ok' },
      { status: 'ok' },
      { status: 'ok' },
      {
        status: 'failed',
        found: 'not allowed in the whole cluster',
        fix: 'kubectl apply --server-side -k manifests/base',
      },
      { status: 'failed' },
      { status: 'failed' },
    ]);
  });

  test.each([
    ['answers something else', async () => ({ kind: 'Page' })],
    [
      'refuses to tell',
      async () => {
        throw new ApiError('POST', { code: 'E_API_FORBIDDEN', retryable: true, status: 403 });
      },
    ],
  ])('is not known where the server %s', async (_how, write) => {
    for (const finding of await lookAtAll(write))
      expect(finding).toMatchObject({ status: 'unknown' });
  });
});
