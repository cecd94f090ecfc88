import type { Logger } from '../../src/logger.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/api-errors.ts';
import { classifyTransport } from '../../src/kube/classify-failure.ts';
import { eventOutput, type PostOutcome } from '../../src/outputs/event-output.ts';
import type { OutputEnv } from '../../src/outputs/output-report.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeOutbox, makeEvent } from '../support/fake-outbox.ts';
import { FakeSink, proxyRefusal, refusal } from '../support/fake-sink.ts';

const HOUR_MS = 60 * 60_000;
const TERMINATING = {
  reason: 'Forbidden',
  details: { causes: [{ reason: 'NamespaceTerminating' }] },
};
/** client-go's rest.RequestConstructionError. */
const UNBUILDABLE = new ApiError(
  'create event shop/web.1',
  { code: 'E_API_REQUEST', retryable: false },
  new Error('Required parameter namespace was null'),
);
const NO_TOKEN = new ApiError('read', { code: 'E_API_CREDENTIALS', retryable: true });
const UNREACHABLE = classifyTransport('create', new Error('connect ECONNREFUSED'));

let clock: FakeClock;
let outbox: FakeOutbox;
let sink: FakeSink;
let tally: Map<PostOutcome, number>;
let logged: { level: string; message: string; facts: object }[];
let poster: ReturnType<typeof eventOutput>;

beforeEach(() => {
  clock = new FakeClock();
  outbox = new FakeOutbox();
  sink = new FakeSink();
  tally = new Map();
  logged = [];
  poster = eventOutput(outbox, sink, env());
});

function env(): OutputEnv<PostOutcome> {
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { clock, random: () => 0.5, log, tally: count };
}

function at(level: string): Logger['info'] {
  return (facts, message) => logged.push({ level, message, facts });
}

function count(outcome: PostOutcome): void {
  tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
}

function addCreate(object: string, episode = 1): void {
  outbox.addCreate(makeEvent(object, episode), clock.wallMs());
}

async function post(): Promise<void> {
  poster.wake();
  await clock.settle();
}

function messages(level: string): string[] {
  return logged.filter((line) => line.level === level).map(({ message }) => message);
}

/** Fails the first calls with these, then succeeds. */
function failFirst(...errors: readonly Error[]): void {
  const queue = [...errors];
  sink.refuse = () => queue.shift();
}

describe('what is posted', () => {
  test('creates, patches, and empties the outbox', async () => {
    addCreate('web');
    outbox.addPatch(makeEvent('web', 1, 2), clock.wallMs());
    await post();

    expect([...sink.events.values()]).toMatchObject([{ count: 2 }]);
    expect(outbox.rows).toEqual([]);
    expect(Object.fromEntries(tally)).toEqual({ created: 1, patched: 1 });
  });

  test('counts an Event that is there already as done', async () => {
    addCreate('web');
    addCreate('web');
    await post();
    expect(Object.fromEntries(tally)).toEqual({ created: 1, exists: 1 });
    expect(outbox.rows).toEqual([]);
  });

  test('creates an expired Event again, under its name and with its count', async () => {
    addCreate('web');
    await post();
    sink.expire(makeEvent('web').metadata.name);
    outbox.addPatch(makeEvent('web', 1, 7), clock.wallMs());
    await post();

    expect([...sink.events.values()]).toEqual([makeEvent('web', 1, 7)]);
    expect(tally.get('expired-recreated')).toBe(1);
  });

  test('takes up again what an earlier run left', async () => {
    addCreate('web');
    sink.refuse = () => UNREACHABLE;
    await post();
    await poster.drain(1000);

    sink.refuse = () => undefined;
    poster = eventOutput(outbox, sink, env());
    await post();
    expect(tally.get('created')).toBe(1);
  });
});

describe('order and concurrency', () => {
  test('never has more than four in flight, and never two of one object', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.gate = promise;
    for (const object of ['a', 'b', 'c', 'd', 'e', 'f']) {
      addCreate(object, 1);
      addCreate(object, 2);
    }
    await post();
    expect(sink.calls.map(({ name }) => name[0])).toEqual(['a', 'b', 'c', 'd']);

    resolve();
    await clock.settle();
    expect(sink.mostInFlight).toBe(4);
    expect(outbox.rows).toEqual([]);
  });

  test('keeps the order of an object while one of its rows waits, and lets others go on', async () => {
    sink.refuse = ({ name }) => (name.startsWith('slow') ? refusal(429) : undefined);
    for (const episode of [1, 2, 3]) {
      addCreate('slow', episode);
      addCreate('quick', episode);
    }
    await post();
    expect([...sink.events.keys()].every((key) => key.includes('quick'))).toBe(true);
    expect(outbox.rows).toHaveLength(3);

    sink.refuse = () => undefined;
    await clock.advance(HOUR_MS);
    const created = [...sink.events.values()].filter(
      ({ involvedObject }) => involvedObject.name === 'slow',
    );
    expect(created).toEqual([1, 2, 3].map((episode) => makeEvent('slow', episode)));
  });

  test('looks for any row only when some may have come, not at every try', async () => {
    for (let n = 0; n < 50; n += 1) addCreate(`pod-${n}`);
    sink.refuse = () => refusal(500);
    await post();
    const asked = outbox.asked;
    await clock.advance(HOUR_MS);
    expect(sink.calls.length).toBeGreaterThan(50 * 60);
    expect(outbox.asked).toBe(asked);

    addCreate('late');
    await post();
    expect(sink.calls.at(-1)?.name).toContain('late');
    expect(outbox.asked).toBe(asked + 2);
  });

  test('does nothing in the call that wakes it', async () => {
    addCreate('web');
    poster.wake();
    poster.wake();
    expect(sink.calls).toEqual([]);
    await clock.settle();
    expect(sink.calls).toHaveLength(1);
  });

  test('has no timer when nothing waits', async () => {
    addCreate('web');
    failFirst(UNREACHABLE);
    await post();
    expect(clock.waiting).toBe(1);
    await clock.advance(HOUR_MS);
    expect(clock.waiting).toBe(0);
  });
});

describe('what goes wrong', () => {
  /** In the manner of client-go's TestWriteEventError. */
  test.each([
    ['a broken connection', UNREACHABLE],
    ['401', refusal(401)],
    ['408', refusal(408)],
    ['409 Conflict', refusal(409, { reason: 'Conflict' })],
    ['429', refusal(429)],
    ['500', refusal(500)],
    ['503', refusal(503)],
    ['504', refusal(504)],
  ])('tries again after %s', async (_name, err) => {
    addCreate('web');
    failFirst(err);
    await post();
    expect(outbox.rows).toHaveLength(1);

    await clock.advance(1000);
    expect(outbox.rows).toEqual([]);
    expect(Object.fromEntries(tally)).toEqual({ retried: 1, created: 1 });
  });

  test.each([
    ['400', refusal(400), 'error'],
    ['403 NamespaceTerminating', refusal(403, TERMINATING), 'info'],
    ['404 for its namespace', refusal(404, { details: { kind: 'namespaces' } }), 'info'],
    ['404', refusal(404), 'error'],
    ['413', refusal(413), 'error'],
    ['422', refusal(422, { reason: 'Invalid' }), 'error'],
    ['a request that cannot be built', UNBUILDABLE, 'error'],
  ])('drops it after %s, and says so', async (_name, err, level) => {
    addCreate('web', 1);
    addCreate('web', 2);
    failFirst(err);
    await post();

    expect(outbox.rows).toEqual([]);
    expect(Object.fromEntries(tally)).toEqual({ refused: 1, created: 1 });
    expect(messages(level)).toEqual([expect.stringContaining('event dropped')]);
    expect(logged.find((line) => line.level === level)?.facts).toMatchObject({
      outcome: 'refused',
      err,
    });
  });

  test('stays away as long as Retry-After asks, and five minutes at most', async () => {
    addCreate('web');
    failFirst(refusal(429, {}, '40'), refusal(503, {}, '86400'));
    await post();
    await clock.advance(39_999);
    expect(sink.calls).toHaveLength(1);
    await clock.advance(1);
    expect(sink.calls).toHaveLength(2);
    await clock.advance(5 * 60_000);
    expect(tally.get('created')).toBe(1);
  });

  test('posts after 20 hours without an API server, and says the outage once', async () => {
    addCreate('web', 1);
    addCreate('db', 1);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(20 * HOUR_MS);
    const tries = sink.calls.length;
    expect(tries).toBeLessThan(2 * 20 * 60 * 2);
    expect(tries).toBeGreaterThan(20 * 60);

    sink.refuse = () => undefined;
    await clock.advance(60_000);
    expect(outbox.rows).toEqual([]);
    expect(messages('warn')).toEqual(['cannot post events, they wait in the outbox']);
    expect(messages('info')).toEqual(['posting events again']);
  });

  test('gives up after 24 hours, loudly, and goes on with the next', async () => {
    addCreate('web', 1);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(23.9 * HOUR_MS);
    addCreate('web', 2);
    expect(tally.get('gave-up')).toBeUndefined();
    await clock.advance(0.2 * HOUR_MS);

    expect(tally.get('gave-up')).toBe(1);
    expect(messages('error')).toEqual(['event dropped']);
    expect(outbox.rows).toMatchObject([{ event: makeEvent('web', 2) }]);
  });

  test('keeps a row that only a clock set forward makes old', async () => {
    addCreate('web');
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(20_000);
    clock.set(clock.wallMs() + 50 * 365 * 24 * HOUR_MS);
    await clock.advance(20 * HOUR_MS);

    sink.refuse = () => undefined;
    await clock.advance(60_000);
    expect(tally.get('created')).toBe(1);
    expect(messages('error')).toEqual([]);
  });

  test('tries an old row once before it gives it up', async () => {
    outbox.addCreate(makeEvent('web'), clock.wallMs() - 30 * HOUR_MS);
    await post();
    expect(tally.get('created')).toBe(1);
  });

  test('loses none of 1,000 Events that fail four times each', async () => {
    const failures = new Map<string, number>();
    sink.refuse = ({ name }) => {
      const failed = failures.get(name) ?? 0;
      failures.set(name, failed + 1);
      return failed < 4 ? refusal(500) : undefined;
    };
    for (let n = 0; n < 1000; n += 1) addCreate(`pod-${n % 100}`, n);
    await post();
    await clock.advance(24 * HOUR_MS);

    expect(sink.events.size).toBe(1000);
    expect(Object.fromEntries(tally)).toEqual({ created: 1000, retried: 4000 });
    expect(outbox.rows).toEqual([]);
  });

  test('survives a store that cannot be read, and goes on when it can', async () => {
    addCreate('web');
    outbox.broken = new Error('disk I/O error');
    await post();
    await clock.advance(5000);
    expect(messages('error')).toContain('cannot read the outbox');

    outbox.broken = undefined;
    await clock.advance(5000);
    expect(tally.get('created')).toBe(1);
  });

  test('asks a store that cannot be read less and less often, whoever wakes it', async () => {
    addCreate('web');
    outbox.broken = new Error('disk I/O error');
    for (let n = 0; n < 100; n += 1) await post();
    expect(outbox.asked).toBe(1);
    expect(clock.waiting).toBe(1);
    await clock.advance(HOUR_MS);
    const asked = outbox.asked;
    expect(asked).toBeLessThan(100);
    await clock.advance(HOUR_MS);
    expect(outbox.asked - asked).toBe(80);

    outbox.broken = undefined;
    await clock.advance(60_000);
    expect(tally.get('created')).toBe(1);
    outbox.broken = new Error('disk I/O error');
    await post();
    outbox.broken = undefined;
    addCreate('db');
    await clock.advance(500);
    expect(tally.get('created')).toBe(2);
  });

  test('drops a row that cannot be read, loudly, and goes on with the next', async () => {
    addCreate('web', 1);
    addCreate('web', 2);
    addCreate('db', 1);
    outbox.unreadable.add(1);
    await post();
    expect(outbox.rows).toEqual([]);
    expect([...sink.events.values()]).toEqual([makeEvent('web', 2), makeEvent('db', 1)]);
    expect(Object.fromEntries(tally)).toEqual({ unreadable: 1, created: 2 });
    expect(logged.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'event dropped',
        facts: { row: 1, outcome: 'unreadable', err: expect.any(SyntaxError) },
      },
    ]);
  });

  test.each([
    ['delivered', undefined, 'exists'],
    ['dropped', refusal(422), 'refused'],
  ] as const)(
    'posts a row again that was %s but could not be deleted',
    async (_name, err, outcome) => {
      addCreate('web');
      const { promise, resolve } = Promise.withResolvers<void>();
      sink.gate = promise;
      sink.refuse = () => err;
      await post();
      outbox.broken = new Error('database is locked');
      resolve();
      await clock.settle();
      expect(outbox.rows).toHaveLength(1);

      outbox.broken = undefined;
      await clock.advance(5000);
      expect(outbox.rows).toEqual([]);
      expect(tally.get(outcome)).toBe(1);
    },
  );
});

/**
 * Of kube-apiserver 1.36 while it starts (test/integration/refusals.test.ts: it has not read its roles
 * yet), of a binding that is away, of an admission policy: the same status, and a Status.
 */
const FORBIDDEN = refusal(403, {
  reason: 'Forbidden',
  message: 'events is forbidden: User "u" cannot create resource "events" in API group "" in …',
});

describe('a refusal', () => {
  test.each<readonly [string, Error]>([
    ['403', FORBIDDEN],
    ['410', refusal(410)],
    ...[400, 403, 404, 405, 407, 413, 421, 422, 431].map(
      (status) => [`a proxy's ${status} with HTML`, proxyRefusal(status)] as const,
    ),
  ])('that may pass is tried again: %s', async (_name, err) => {
    addCreate('web');
    failFirst(err, err);
    await post();
    expect(outbox.rows).toHaveLength(1);
    await clock.advance(2000);
    expect(Object.fromEntries(tally)).toEqual({ retried: 2, created: 1 });
    expect(messages('error')).toEqual([]);
  });

  test('lets later Events of its object pass', async () => {
    sink.refuse = ({ name }) => (name === nameOf('web', 1) ? FORBIDDEN : undefined);
    for (const episode of [1, 2, 3]) addCreate('web', episode);
    await post();
    expect(tally.get('created')).toBe(2);
    expect(outbox.rows).toMatchObject([{ event: makeEvent('web', 1) }]);

    await clock.advance(HOUR_MS);
    expect(sink.calls.length).toBeLessThan(25);
    sink.refuse = () => undefined;
    await clock.advance(10 * 60_000);
    expect(tally.get('created')).toBe(3);
    expect(clock.waiting).toBe(0);
  });

  test('keeps what else is about its Event behind it, so that no count goes back', async () => {
    sink.refuse = () => FORBIDDEN;
    addCreate('web', 1);
    for (const count of [2, 3]) outbox.addPatch(makeEvent('web', 1, count), clock.wallMs());
    addCreate('web', 2);
    await post();
    outbox.addPatch(makeEvent('web', 1, 4), clock.wallMs());
    await post();
    expect(sink.calls.map(({ verb, name }) => `${verb} ${name}`)).toEqual([
      `create ${nameOf('web', 1)}`,
      `create ${nameOf('web', 2)}`,
    ]);

    sink.refuse = () => undefined;
    await clock.advance(1000);
    expect([...sink.events.values()]).toMatchObject([{ count: 4 }, { count: 1 }]);
    expect(Object.fromEntries(tally)).toMatchObject({ created: 2, patched: 3 });
  });

  test('comes again when its object has a row in flight, and not beside it', async () => {
    sink.refuse = ({ name }) => (name === nameOf('web', 1) ? FORBIDDEN : undefined);
    addCreate('web', 1);
    await post();
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.gate = promise;
    addCreate('web', 2);
    await post();
    await clock.advance(HOUR_MS);
    expect(sink.mostInFlight).toBe(1);

    sink.refuse = () => undefined;
    resolve();
    await clock.settle();
    expect(tally.get('created')).toBe(2);
  });

  test('is given up after 24 hours, loudly, with the words of who refused', async () => {
    addCreate('web');
    sink.refuse = () => FORBIDDEN;
    await post();
    await clock.advance(24.2 * HOUR_MS);
    expect(tally.get('gave-up')).toBe(1);
    expect(sink.calls.length).toBeLessThan(24 * 12);
    const dropped = logged.find(({ level }) => level === 'error');
    expect(dropped).toMatchObject({ message: 'event dropped', facts: { err: FORBIDDEN } });
    expect(clock.waiting).toBe(0);
  });

  test('of everything costs nothing, and sets aside 500 Events at most', async () => {
    sink.refuse = () => FORBIDDEN;
    for (let n = 0; n < 600; n += 1) {
      addCreate(`pod-${n}`, 1);
      addCreate(`pod-${n}`, 2);
    }
    await post();
    const asked = new Set(sink.calls.map(({ name }) => name));
    expect(asked.size).toBeLessThanOrEqual(500 + 600);
    await clock.advance(HOUR_MS);
    const calls = sink.calls.length;
    await clock.advance(HOUR_MS);
    expect(sink.calls.length - calls).toBeLessThan(asked.size * 12);

    sink.refuse = () => undefined;
    await clock.advance(10 * 60_000);
    expect(tally.get('created')).toBe(1200);
    expect(clock.waiting).toBe(0);
  });

  test('does not hide from the log that something else fails', async () => {
    sink.refuse = () => FORBIDDEN;
    addCreate('web');
    await post();
    sink.refuse = ({ name }) => (name.startsWith('web') ? FORBIDDEN : UNREACHABLE);
    addCreate('db');
    await post();
    await clock.advance(HOUR_MS);
    expect(messages('warn')).toHaveLength(2);
    sink.refuse = () => undefined;
    await clock.advance(HOUR_MS);
    expect(messages('info')).toEqual(['posting events again']);
  });

  test('does not hide from the log that the API server is away once more', async () => {
    for (const object of ['db', 'cache']) {
      sink.refuse = ({ name }) => (name.startsWith('web') ? FORBIDDEN : UNREACHABLE);
      addCreate('web');
      addCreate(object);
      await post();
      sink.refuse = ({ name }) => (name.startsWith('web') ? FORBIDDEN : undefined);
      await clock.advance(HOUR_MS);
    }
    expect(messages('warn')).toHaveLength(3);
  });
});

function nameOf(object: string, episode: number): string {
  return makeEvent(object, episode).metadata.name;
}

describe('a server that is away', () => {
  function addMany(count: number): void {
    for (let n = 0; n < count; n += 1) addCreate(`pod-${n}`);
  }

  test.each([
    ['cannot be reached', UNREACHABLE],
    ['does not answer in time', classifyTransport('create', new DOMException('', 'TimeoutError'))],
    ['cannot be told who asks', NO_TOKEN],
    ['does not know the token', refusal(401)],
    ['has no servers behind its gateway', refusal(502)],
    ['is not available', refusal(503)],
    ['is not heard of by its gateway', refusal(504)],
  ])('that %s is asked by one for all', async (_name, err) => {
    addMany(200);
    sink.refuse = () => err;
    await post();
    expect(sink.calls).toHaveLength(4);
    sink.mostInFlight = 0;
    await clock.advance(500);
    expect(sink.calls).toHaveLength(5);
    await clock.advance(HOUR_MS);
    expect(sink.mostInFlight).toBe(1);
    expect(sink.calls.length).toBeGreaterThan(60);
    expect(sink.calls.length).toBeLessThan(2 * 60);
    expect(clock.waiting).toBe(1);

    sink.refuse = () => undefined;
    await clock.advance(60_000);
    expect(sink.mostInFlight).toBe(4);
    expect(tally.get('created')).toBe(200);
    expect(clock.waiting).toBe(0);
  });

  test('is back with whatever it says', async () => {
    addMany(50);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(HOUR_MS);
    sink.mostInFlight = 0;
    sink.refuse = () => refusal(500);
    await clock.advance(60_000);
    expect(sink.mostInFlight).toBe(4);
  });

  test('is not back with a refusal: one asks at a time, and none is lost', async () => {
    addMany(50);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(HOUR_MS);
    sink.mostInFlight = 0;
    sink.refuse = () => FORBIDDEN;
    await clock.advance(60_000);
    expect(sink.mostInFlight).toBe(1);

    sink.refuse = () => undefined;
    await clock.advance(10 * 60_000);
    expect(tally.get('created')).toBe(50);
    expect(messages('error')).toEqual([]);
  });

  test('is found back behind any number of Events that are refused', async () => {
    addMany(300);
    addCreate('web');
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(HOUR_MS);
    sink.refuse = ({ name }) => (name.startsWith('pod') ? FORBIDDEN : undefined);
    await clock.advance(60_000);
    expect(tally.get('created')).toBe(1);
  });

  test('lets no Event through out of order', async () => {
    for (const episode of [1, 2, 3])
      for (const object of ['a', 'b', 'c', 'd', 'e', 'f']) addCreate(object, episode);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(HOUR_MS);
    sink.refuse = () => undefined;
    await clock.advance(60_000);
    for (const object of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const created = [...sink.events.values()].filter(
        ({ involvedObject }) => involvedObject.name === object,
      );
      expect(created).toEqual([1, 2, 3].map((episode) => makeEvent(object, episode)));
    }
  });

  test('is asked about another object each time, so that one that is never answered blocks no other', async () => {
    addCreate('slow');
    for (let n = 0; n < 5; n += 1) addCreate(`pod-${n}`);
    const timeout = classifyTransport('create', new DOMException('', 'TimeoutError'));
    sink.refuse = ({ name }) => (name.startsWith('slow') ? timeout : UNREACHABLE);
    await post();
    await clock.advance(HOUR_MS);
    sink.refuse = ({ name }) => (name.startsWith('slow') ? timeout : undefined);
    await clock.advance(2 * 60_000);
    expect(tally.get('created')).toBe(5);
    expect(outbox.rows).toHaveLength(1);
  });

  test('is there when it answered others meanwhile: then it is about that object alone', async () => {
    const answers = Promise.withResolvers<void>();
    addCreate('slow');
    sink.gate = answers.promise;
    sink.refuse = ({ name }) => (name.startsWith('slow') ? UNREACHABLE : undefined);
    await post();
    sink.gate = Promise.resolve();
    addCreate('quick');
    await post();
    answers.resolve();
    await clock.settle();
    addMany(5);
    await post();
    expect(tally.get('retried')).toBe(1);
    expect(tally.get('created')).toBe(6);
  });

  test('that asks to be left alone is left alone by all', async () => {
    addMany(50);
    failFirst(refusal(503, {}, '40'), UNREACHABLE, UNREACHABLE, UNREACHABLE);
    await post();
    await clock.advance(39_999);
    addCreate('late');
    await post();
    expect(sink.calls).toHaveLength(4);
    await clock.advance(1);
    expect(tally.get('created')).toBe(51);
  });

  test('costs the Events that come of age meanwhile, and no younger one', async () => {
    addMany(50);
    sink.refuse = () => UNREACHABLE;
    await post();
    await clock.advance(23 * HOUR_MS);
    addCreate('young');
    await clock.advance(3 * HOUR_MS);
    expect(tally.get('gave-up')).toBe(50);
    expect(outbox.rows).toMatchObject([{ event: makeEvent('young') }]);
  });

  test('is not asked at the end', async () => {
    addMany(50);
    sink.refuse = () => UNREACHABLE;
    await post();
    await poster.drain(1000);
    expect(sink.calls).toHaveLength(4);
    expect(outbox.rows).toHaveLength(50);
    expect(clock.waiting).toBe(0);
  });
});

describe('drain', () => {
  test('waits for what is in flight and posts what needs no waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.gate = promise;
    addCreate('web', 1);
    addCreate('web', 2);
    await post();
    const drained = poster.drain(1000);
    resolve();
    await drained;
    expect(outbox.rows).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  test('leaves in the outbox what is in flight when time is up', async () => {
    sink.gate = Promise.withResolvers<void>().promise;
    addCreate('web');
    await post();
    const drained = poster.drain(1000);
    await clock.advance(1000);
    await drained;
    expect(outbox.rows).toHaveLength(1);
  });

  test('says nothing of what is cut off then', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    sink.gate = promise;
    addCreate('web');
    await post();
    const drained = poster.drain(1000);
    await clock.advance(1000);
    await drained;
    reject(new Error('the connection is closed'));
    await clock.settle();
    expect(logged).toEqual([]);
    expect(outbox.rows).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  test('tries nothing twice, and starts nothing afterwards', async () => {
    sink.refuse = () => UNREACHABLE;
    addCreate('web');
    addCreate('db');
    await post();
    await poster.drain(1000);
    addCreate('late');
    await post();
    await clock.advance(HOUR_MS);
    expect(sink.calls).toHaveLength(2);
    expect(outbox.rows).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });
});
