import { describe, expect, test, vi } from 'vitest';
import type { ApiClient } from '../../src/kube/api-client.ts';
import { ApiError, type ApiErrorCode } from '../../src/kube/api-errors.ts';
import { mayGet, type Refusal, type Wanted } from '../../src/kube/token-reviewer.ts';

const USER = {
  username: 'jane',
  uid: 'uid-of-jane',
  groups: ['shop-people'],
  extra: { 'example.com/session': ['7'] },
};
const KNOWN = { status: { authenticated: true, user: USER } };
const ALLOWED = { status: { allowed: true } };
const SHOP = { kind: 'pods', namespace: 'shop' } as const;
const TOKEN = 'a.very.secret-token';

function reviewer(...answers: readonly unknown[]) {
  const write = vi.fn<ApiClient['write']>();
  for (const answer of answers) {
    if (answer instanceof Error) write.mockRejectedValueOnce(answer);
    else write.mockResolvedValueOnce(answer);
  }
  const sent = (): unknown[] =>
    write.mock.calls.map(([{ body }]) => (JSON.parse(body) as { spec: unknown }).spec);
  const ask = (token: string, wanted: Wanted): Promise<Refusal> => mayGet({ write }, token, wanted);
  return { ask, sent };
}

const failed = (code: ApiErrorCode): ApiError =>
  new ApiError(`it said ${TOKEN}`, { code, retryable: true }, new Error(TOKEN));

describe('whose a token is', () => {
  test('is asked of the API server, and then what that user may do, all of him', async () => {
    const { ask, sent } = reviewer(KNOWN, ALLOWED, KNOWN, ALLOWED);
    expect(await ask(TOKEN, SHOP)).toBeUndefined();
    expect(await ask(TOKEN, { kind: 'pods', namespace: undefined })).toBeUndefined();
    const { username: user, uid, groups, extra } = USER;
    const may = { verb: 'get', resource: 'pods' };
    expect(sent()).toEqual([
      { token: TOKEN },
      { user, uid, groups, extra, resourceAttributes: { ...may, namespace: 'shop' } },
      { token: TOKEN },
      { user, uid, groups, extra, resourceAttributes: may },
    ]);
  });

  test('of the metrics is about their URL', async () => {
    const { ask, sent } = reviewer(KNOWN, ALLOWED, KNOWN, { status: {} });
    expect(await ask(TOKEN, { kind: 'metrics' })).toBeUndefined();
    expect(sent()[1]).toMatchObject({ nonResourceAttributes: { verb: 'get', path: '/metrics' } });
    expect(sent()[1]).not.toHaveProperty('resourceAttributes');
    expect(await ask(TOKEN, { kind: 'metrics' })).toBe('jane may not get /metrics');
  });

  test.for<[string, unknown[], RegExp]>([
    ['nobody’s', [{ status: { authenticated: false, user: USER } }], /does not know the token$/],
    ['nobody’s with a name', [{ status: { authenticated: true, user: {} } }], /does not know/],
    ['answered with something else', ['<html>'], /does not know/],
    [
      'answered with yes as a text',
      [{ status: { authenticated: 'true', user: USER } }],
      /does not/,
    ],
    [
      'of who may not',
      [KNOWN, { status: { allowed: false } }],
      /^jane may not get pods in namespace shop$/,
    ],
    ['of who perhaps may', [KNOWN, { status: { allowed: 'true' } }], /^jane may not/],
    ['of who knows', [KNOWN, null], /^jane may not/],
    ['not to be asked', [failed('E_API_FORBIDDEN')], /manifests\/components\/api-access/],
    ['not told', [failed('E_API_TIMEOUT')], /did not tell whose the token is \[E_API_TIMEOUT\]$/],
    ['told by half', [KNOWN, failed('E_API_UNAVAILABLE')], /\[E_API_UNAVAILABLE\]$/],
  ])('%s is a refusal without the token in it', async ([, answers, said]) => {
    const refusal = await reviewer(...answers).ask(TOKEN, SHOP);
    expect(refusal).toMatch(said);
    expect(refusal).not.toContain(TOKEN);
  });
});
