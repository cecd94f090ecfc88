import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyAnswer, classifyTransport } from '../../src/kube/classify-failure.ts';

function classify(status: number, said: unknown = {}, retryAfter?: string): unknown {
  const kind = typeof said === 'object' ? { kind: 'Status' } : undefined;
  const body = kind === undefined ? String(said) : JSON.stringify({ ...kind, ...Object(said) });
  return classifyAnswer('POST /x', { status, retryAfter, body });
}

const TERMINATING = { details: { causes: [{ reason: 'NamespaceTerminating' }] } };

describe('classifyAnswer', () => {
  test.each<readonly [number, unknown, string, boolean]>([
    [302, {}, 'E_API_UNAVAILABLE', true],
    [400, {}, 'E_API_REFUSED', false],
    [401, {}, 'E_API_UNAUTHORIZED', true],
    [403, {}, 'E_API_FORBIDDEN', true],
    [403, TERMINATING, 'E_API_FORBIDDEN', false],
    [403, '<html>blocked</html>', 'E_API_FORBIDDEN', true],
    [404, {}, 'E_API_NOT_FOUND', false],
    [404, 'default backend - 404', 'E_API_GARBLED', true],
    [405, {}, 'E_API_GARBLED', true],
    [408, {}, 'E_API_UNAVAILABLE', true],
    [409, { reason: 'AlreadyExists' }, 'E_API_EXISTS', false],
    [409, { reason: 'Conflict' }, 'E_API_UNAVAILABLE', true],
    [410, {}, 'E_API_GONE', true],
    [413, {}, 'E_API_REFUSED', false],
    [422, {}, 'E_API_REFUSED', false],
    [429, {}, 'E_API_UNAVAILABLE', true],
    [500, {}, 'E_API_UNAVAILABLE', true],
    [599, 'x', 'E_API_UNAVAILABLE', true],
    ...[400, 405, 407, 413, 421, 422, 431].map(
      (status) => [status, '<html>nginx</html>', 'E_API_GARBLED', true] as const,
    ),
  ])('makes of %i %j the error %s, retryable: %j', (status, said, code, retryable) => {
    expect(classify(status, said)).toMatchObject({ code, retryable, status });
  });

  test('tells what was done, why it failed, and what the Status says', () => {
    const details = { kind: 'namespaces', causes: [{ reason: 'NamespaceTerminating' }, null, 7] };
    const err = classify(403, { reason: 'Forbidden', message: 'it is being terminated', details });
    expect(err).toMatchObject({
      message: 'POST /x: HTTP 403',
      cause: { message: 'it is being terminated' },
      reason: 'Forbidden',
      causes: ['NamespaceTerminating'],
      subjectKind: 'namespaces',
    });
  });

  test.each([
    ['7', {}, 7000],
    [undefined, { details: { retryAfterSeconds: 3 } }, 3000],
    ['0', {}, undefined],
    ['-1', {}, undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', {}, undefined],
    [undefined, {}, undefined],
  ])('reads Retry-After %j with %j as %j ms', (header, said, retryAfterMs) => {
    expect(classify(429, said, header)).toMatchObject({ retryAfterMs });
  });

  test('believes nothing and never throws', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.oneof(fc.string(), fc.json()),
        fc.string(),
        (status, body, retryAfter) => {
          expect(classifyAnswer('x', { status, body, retryAfter }).code).toMatch(/^E_API_/);
        },
      ),
    );
  });
});

describe('classifyTransport', () => {
  test('makes a retryable error of anything', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(classifyTransport('x', thrown)).toMatchObject({
          code: 'E_API_UNREACHABLE',
          retryable: true,
        });
      }),
    );
  });
});
