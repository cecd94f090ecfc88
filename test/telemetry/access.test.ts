import { describe, expect, test } from 'vitest';
import { accessRules, type Visitor } from '../../src/telemetry/access.ts';
import type { ReviewToken } from '../../src/telemetry/reviewed-tokens.ts';

const LOCAL = '127.0.0.1';
const ELSEWHERE = '10.0.0.7';
const review: ReviewToken = (token, wanted) => {
  if (token === 'busy') return 'busy';
  const of = wanted.kind === 'pods' ? wanted.namespace : wanted.kind;
  return Promise.resolve(token === `of-${of}` ? undefined : 'not that one');
};
const RULES = accessRules(['node-1', 'Agent-x2x7k'], review);

const visitor = (remoteAddress: string, headers: Visitor['headers'] = {}): Visitor => ({
  socket: { remoteAddress },
  headers: { host: 'localhost:9095', ...headers },
});
const statusOf = async (who: Visitor, namespace?: string, rules = RULES): Promise<unknown> => {
  const access = await rules(who, { kind: 'pods', namespace });
  return typeof access === 'string' ? access : access.status;
};

describe('who is on this host', () => {
  test.for([LOCAL, '::1', '::ffff:127.0.0.1'])('%s sees all', async (address) => {
    expect(await statusOf(visitor(address))).toBe('all');
    expect(await statusOf(visitor(address), 'shop')).toBe('all');
  });

  test.for([ELSEWHERE, '127.0.0.6', '::ffff:10.0.0.7', 'fe80::1', '1.127.0.0.1', ''])(
    'is not %j',
    async (address) => {
      expect(await statusOf(visitor(address))).toBe(403);
    },
  );

  test.for(['x-forwarded-for', 'forwarded'])('is not who comes by a proxy: %s', async (name) => {
    expect(await statusOf(visitor(LOCAL, { [name]: '10.0.0.7' }))).toBe(403);
  });
});

describe('the Host header', () => {
  test.for([
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:9095',
    '10.1.2.3',
    '[::1]:9095',
    '[fd00::1]',
    'node-1:9095',
    'agent-x2x7k',
  ])('may be %s', async (host) => {
    expect(await statusOf(visitor(LOCAL, { host }))).toBe('all');
  });

  test.for([
    'evil.example',
    'evil.example:9095',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost:9095@evil.example',
    '[::1',
    '',
    '999.1.1.1',
    'a:b:c',
    '::1',
  ])('may not be %j, whoever asks', async (host) => {
    expect(await statusOf(visitor(LOCAL, { host }))).toBe(403);
    expect(
      await statusOf(visitor(ELSEWHERE, { host, authorization: 'Bearer of-shop' }), 'shop'),
    ).toBe(403);
  });

  test('must be there', async () => {
    expect(await statusOf({ ...visitor(LOCAL), headers: {} })).toBe(403);
  });
});

describe('who shows credentials', () => {
  test.for([LOCAL, ELSEWHERE])('is judged by them, from %s', async (address) => {
    const show = (authorization: string) => visitor(address, { authorization });
    expect(await statusOf(show('Bearer of-shop'), 'shop')).toBe('namespace');
    expect(await statusOf(show('bearer   of-undefined'))).toBe('all');
    expect(await statusOf(show('Bearer of-shop'), 'other')).toBe(403);
    expect(await statusOf(show('Bearer busy'), 'shop')).toBe(429);
  });

  test('is judged by them for the metrics, too', async () => {
    const show = (authorization: string) => visitor(ELSEWHERE, { authorization });
    const admit = (who: Visitor) => RULES(who, { kind: 'metrics' });
    expect(await admit(show('Bearer of-metrics'))).toBe('all');
    expect(await admit(show('Bearer of-shop'))).toMatchObject({ status: 403 });
    expect(await admit(visitor(ELSEWHERE))).toMatchObject({ status: 403 });
    expect(await admit(visitor(LOCAL))).toBe('all');
  });

  test.for([
    '',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Basic of-shop',
    'of-shop',
    'Bearer of-shop, Bearer x',
  ])('and shows %j is refused', async (authorization) => {
    expect(await statusOf(visitor(LOCAL, { authorization }), 'shop')).toBe(403);
  });

  test('is refused where there is no cluster to ask', async () => {
    const rules = accessRules([], undefined);
    const token = visitor(LOCAL, { authorization: 'Bearer of-shop' });
    expect(await statusOf(token, 'shop', rules)).toBe(403);
    expect(await statusOf(visitor(LOCAL), 'shop', rules)).toBe('all');
  });
});
