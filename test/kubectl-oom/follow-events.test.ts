import { describe, expect, test, vi } from 'vitest';
import { ApiError, type ApiErrorCode } from '../../src/kube/api-errors.ts';
import { type Followed, followEvents } from '../../src/kubectl-oom/follow-events.ts';
import type { EventApi } from '../../src/kubectl-oom/kube-events.ts';
import type { WatchEvent } from '../../src/reflector/list-and-watch.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** What the server does at one request: a list answers, a watch tells and ends; either fails. */
type Answer = string | ApiError | readonly (WatchEvent | ApiError)[];

const failed = (code: ApiErrorCode) => new ApiError('GET', { code, retryable: true });
const told = (name: string, version: string): WatchEvent => ({
  type: 'ADDED',
  object: { metadata: { name, resourceVersion: version } },
});
const OPENED = { type: 'OPENED' } as const;

/** A server that answers as it is told, each watch after it was open for two seconds, and then says no more. */
function server(clock: FakeClock, answers: readonly Answer[], stop: AbortController) {
  const asked: string[] = [];
  const left = [...answers];
  const next = (): Answer => {
    const answer = left.shift();
    if (answer === undefined) stop.abort();
    return answer ?? failed('E_API_CANCELLED');
  };
  const api: EventApi = {
    list: async () => {
      asked.push('list');
      const answer = next();
      if (typeof answer !== 'string') throw answer;
      return { objects: [{ metadata: { name: answer } }], resourceVersion: answer };
    },
    async *watch(resourceVersion) {
      asked.push(`watch ${resourceVersion}`);
      const answer = next();
      if (!Array.isArray(answer)) throw answer;
      for (const event of answer) {
        if (event instanceof ApiError) throw event;
        yield event;
        if (event.type === 'OPENED') clock.set(clock.wallMs() + 2000);
      }
    },
  };
  return { api, asked };
}

async function follow(answers: readonly Answer[]) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const { api, asked } = server(clock, answers, stop);
  const said: string[] = [];
  const env = { clock, random: () => 0, signal: stop.signal };
  const done = (async () => {
    for await (const one of followEvents(api, env)) said.push(words(one));
  })();
  const outcome = done.then(
    () => 'ended',
    (err: ApiError) => err.code,
  );
  await clock.advance(600_000);
  return { asked, said, outcome: await outcome };
}

function words(one: Followed): string {
  if (one.kind === 'listed') return `listed ${one.events.length}`;
  return one.kind === 'failed' ? `failed ${(one.err as ApiError).code}` : one.kind;
}

describe('the Events are followed', () => {
  test('by a list and a watch, which is taken up where it ended', async () => {
    const { asked, said, outcome } = await follow(['7', [OPENED, told('a', '8')], [OPENED]]);
    expect(asked).toEqual(['list', 'watch 7', 'watch 8', 'watch 8']);
    expect(said).toEqual(['listed 1', 'opened', 'event', 'opened']);
    expect(outcome).toBe('ended');
  });

  test('with what bookmarks say, and without what expired', async () => {
    const bookmark = { ...told('', '8'), type: 'BOOKMARK' } as WatchEvent;
    const deleted = { ...told('', '9'), type: 'DELETED' } as WatchEvent;
    const { asked, said } = await follow(['7', [OPENED, bookmark, deleted]]);
    expect(asked).toEqual(['list', 'watch 7', 'watch 9']);
    expect(said).toEqual(['listed 1', 'opened']);
  });

  test('anew where the version is gone', async () => {
    const { asked, said } = await follow(['7', [OPENED, failed('E_API_GONE')], '20', [OPENED]]);
    expect(asked).toEqual(['list', 'watch 7', 'list', 'watch 20', 'watch 20']);
    expect(said).toEqual(['listed 1', 'opened', 'failed E_API_GONE', 'listed 1', 'opened']);
  });

  test('after an outage, once the server is back', async () => {
    const away = failed('E_API_UNREACHABLE');
    const { asked, said } = await follow(['7', away, away, '9', [OPENED]]);
    expect(asked).toEqual(['list', 'watch 7', 'list', 'list', 'watch 9', 'watch 9']);
    expect(said.slice(1, 3)).toEqual(['failed E_API_UNREACHABLE', 'failed E_API_UNREACHABLE']);
  });

  test('through a long outage, leaving nothing behind at each try', async () => {
    const away = Array.from({ length: 12 }, () => failed('E_API_UNREACHABLE'));
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { said } = await follow(['7', ...away, '9', [OPENED]]);
    expect(said.at(-1)).toBe('opened');
    expect(warned).not.toHaveBeenCalled();
  });

  test('never, where they cannot be listed at first', async () => {
    const { asked, outcome } = await follow([failed('E_API_FORBIDDEN')]);
    expect([asked, outcome]).toEqual([['list'], 'E_API_FORBIDDEN']);
  });
});
