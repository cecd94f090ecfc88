import { describe, expect, test } from 'vitest';
import {
  apiServerCheck,
  clockCheck,
  nodeCheck,
  whereAnswered,
} from '../../src/doctor/api-server.ts';
import { failed, ok } from '../../src/doctor/check.ts';
import { ApiError, type ApiErrorCode } from '../../src/kube/api-errors.ts';

const URL = 'https://api.example:6443';

/** An API server's answers by their paths; an error is what asking ends with. */
function answering(answers: Readonly<Record<string, unknown>>) {
  return {
    getJson: async (path: string): Promise<unknown> => {
      const answer = answers[path];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

function apiError(code: ApiErrorCode, status?: number, cause?: Error): ApiError {
  return new ApiError('GET /x', { code, retryable: true, status }, cause);
}

describe('the API server', () => {
  const look = (answer: unknown) => apiServerCheck(answering({ '/version': answer }), URL).look();

  test('answers with its version', async () => {
    expect(await look({ gitVersion: 'v1.36.3' })).toEqual({
      status: 'ok',
      found: `${URL} answers, Kubernetes v1.36.3`,
    });
    expect(await look({ kind: 'Page' })).toEqual({
      status: 'unknown',
      found: `${URL} answers, and not as Kubernetes does`,
    });
  });

  test('answers also where it does not tell that', async () => {
    expect(await look(apiError('E_API_FORBIDDEN', 403))).toMatchObject({ status: 'ok' });
  });

  test.each<[ApiErrorCode, number | undefined, string, RegExp]>([
    ['E_API_UNREACHABLE', undefined, ': connect ECONNREFUSED', /NetworkPolicies/],
    ['E_API_UNAUTHORIZED', 401, '', /token/],
    ['E_API_CREDENTIALS', undefined, ': connect ECONNREFUSED', /ServiceAccount/],
    ['E_API_UNAVAILABLE', 503, '', /docs\/runbook\.md/],
  ])('has failed with %s', async (code, status, why, fix) => {
    const cause = new Error('fetch', { cause: new Error('connect ECONNREFUSED') });
    expect(await look(apiError(code, status, cause))).toEqual({
      status: 'failed',
      found: `${URL}: GET /x${why} [${code}]`,
      fix: expect.stringMatching(fix),
    });
  });

  test('is asked once, and of one that does not answer nothing more', async () => {
    let asked = 0;
    const server = (finding: ReturnType<typeof ok>) => ({
      name: 'API server',
      look: () => ((asked += 1), finding),
    });
    const others = ['a', 'b'].map((name) => ({ name, look: () => ok(name) }));
    const all = async (finding: ReturnType<typeof ok>) =>
      Promise.all(whereAnswered(server(finding), others).map(async (check) => check.look()));

    expect(await all(ok('yes'))).toEqual([ok('yes'), ok('a'), ok('b')]);
    expect(asked).toBe(1);
    const unknown = { status: 'unknown', found: 'the API server does not answer' };
    expect(await all(failed('no', 'x'))).toEqual([failed('no', 'x'), unknown, unknown]);
  });
});

describe('the clock', () => {
  const SERVER_MS = Date.UTC(2026, 10, 22, 12);
  const look = async (offsetMs: number, tookMs = 0) => {
    const times = [SERVER_MS + offsetMs, SERVER_MS + offsetMs + tookMs];
    const client = { getDated: async () => ({ document: {}, dateMs: SERVER_MS }) };
    return clockCheck(client, { wallMs: () => times.shift() ?? 0 }).look();
  };

  test.each([0, 5_900, -4_900])('is the API server’s where %i ms may be the way', async (ms) => {
    expect(await look(ms)).toEqual({ status: 'ok', found: 'as the API server’s' });
  });

  test('is not held against the time the answer took', async () => {
    expect(await look(-9_000, 9_500)).toMatchObject({ status: 'ok' });
  });

  test.each([
    [61_000, '60 s ahead of the API server’s'],
    [-3_600_000, '3600 s behind the API server’s'],
  ])('off by %i ms is told', async (ms, found) => {
    expect(await look(ms)).toEqual({
      status: 'failed',
      found,
      fix: 'set it by NTP, here or there',
    });
  });

  test.each([
    ['answers without a date', async () => ({ document: {}, dateMs: undefined })],
    ['fails', async () => Promise.reject(apiError('E_API_TIMEOUT'))],
  ])('is not known where the server %s', async (_how, getDated) => {
    const check = clockCheck({ getDated }, { wallMs: () => 0 });
    expect(await check.look()).toMatchObject({ status: 'unknown' });
  });
});

describe('the Node', () => {
  const look = (answer: unknown) =>
    nodeCheck(answering({ '/api/v1/nodes/node-1': answer }), 'node-1', () => 'boot-1').look();

  test.each([
    ['is this machine', { status: { nodeInfo: { bootID: 'boot-1' } } }],
    ['has not said which machine it is', {}],
  ])('is in the cluster and %s', async (_how, node) => {
    expect(await look(node)).toEqual({ status: 'ok', found: 'node-1 is in the cluster' });
  });

  test.each([
    [
      'another machine',
      { status: { nodeInfo: { bootID: 'boot-2' } } },
      'node-1 is another machine, or its kubelet has not reported since this one booted',
    ],
    ['unknown', apiError('E_API_NOT_FOUND', 404), 'node-1 is not in the cluster'],
  ])('that is %s is told', async (_how, answer, found) => {
    expect(await look(answer)).toEqual({
      status: 'failed',
      found,
      fix: expect.stringContaining('--node-name'),
    });
  });

  test('is not known where it may not be asked for', async () => {
    expect(await look(apiError('E_API_FORBIDDEN', 403))).toMatchObject({ status: 'unknown' });
  });
});
