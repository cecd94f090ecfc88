import { describe, expect, test } from 'vitest';
import { explainError } from '../src/errors.ts';
import { ApiError } from '../src/kube/api-errors.ts';
import { openLog } from '../src/log.ts';
import { logEpisode } from '../src/recorder/log-episode.ts';
import type { RecordedEpisode } from '../src/recorder/recorded-episode.ts';
import { safeText } from '../src/safe-text.ts';
import { StateUnwritableError } from '../src/store/store-errors.ts';
import { makeEpisode } from './support/make-episode.ts';

function logged(err: unknown, format: 'json' | 'text' = 'json'): string {
  let said = '';
  openLog({ level: 'info', format }, (text) => (said += text)).warn({ err }, 'it failed');
  return said;
}

test('a failure we expect is told with its code and its cause, and without a stack', () => {
  const err = new StateUnwritableError('/state.db', new Error('disk full'));
  expect(JSON.parse(logged(err))).toMatchObject({
    err: { code: 'E_STATE_UNWRITABLE', message: expect.stringContaining('disk full') },
  });
  for (const format of ['json', 'text'] as const) {
    expect(logged(err, format)).not.toMatch(/stack|    at /);
  }
});

test('a bug keeps its stack', () => {
  expect(logged(new TypeError('oops'))).toContain('log.test.ts');
});

/** CSI as C1 (`\xc2\x9b`) and as ESC, a name written backwards, a line of its own, no character at all. */
const HOSTILE = ['\u009b31m', '\u001b[2J', 'a\u202egnp.exe', 'x\nERROR y', '\u2028', '\ud800'];
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe.each(['json', 'text'] as const)('the log as %s', (format) => {
  const lines: string[] = [];
  const log = openLog({ level: 'debug', format }, (line) => lines.push(line));

  test.each(HOSTILE)('shows %j as an Event does, wherever it stands', (name) => {
    const cause = new Error(name);
    const answer = new ApiError(name, { code: 'E_API_FORBIDDEN', retryable: true }, cause);
    const deep = { skipped: [{ pod: name }] };
    lines.length = 0;
    for (const err of [answer, new TypeError(name, { cause })])
      log.warn({ victimComm: name, oomMemcg: `/kubepods/${name}`, err, ...deep }, name);
    logEpisode(episodeOf(name), log);

    const text = lines.join('');
    expect(text).not.toMatch(/^\s*ERROR y/m);
    expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE);
    if (format === 'text') return;
    for (const line of lines.map((each) => JSON.parse(each)))
      expect(line.victimComm).toBe(safeText(name));
  });
});

function episodeOf(name: string): RecordedEpisode {
  const episode = makeEpisode({ sequence: 7 });
  const victim = { ...episode.victim, comm: name };
  return {
    episode: { ...episode, victim, oomMemcg: `/kubepods/${name}` },
    attribution: { subjects: [{ kind: 'node' }], source: 'none', cgroup: name },
    events: [],
  };
}

test.each([
  [
    { namespace: 'shop', pod: 'web-0', container: 'app', killed: 3 },
    'shop/web-0/app, java (pid 42) and 2 more',
  ],
  [{ namespace: 'shop', pod: 'web-0', killed: 1 }, 'shop/web-0, java (pid 42)'],
  [{}, 'java (pid 42)'],
  [{ pod: 'web-0', oneOfSeveral: true }, 'web-0, one of several processes killed at that moment'],
])('a kill is one short line on a terminal: %j', (facts, words) => {
  let said = '';
  const log = openLog({ level: 'info', format: 'text' }, (text) => (said += text));
  const rest = { sequence: 7, oomMemcg: '/kubepods/a', limitLevel: 'container', events: ['e'] };
  log.info({ victimPid: 42, victimComm: 'java', ...rest, ...facts }, 'oom kill recorded');
  expect(said).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: oom kill recorded: /);
  expect(said.slice(said.indexOf('recorded: ') + 10)).toBe(`${words}\n`);
});

test('what a command fails with is as safe', () => {
  for (const name of HOSTILE) {
    const known = new ApiError(name, { code: 'E_API_REQUEST', retryable: false });
    expect(explainError(known)).not.toMatch(UNSAFE);
    expect(explainError(new TypeError(name)).replaceAll('\n', '')).not.toMatch(UNSAFE);
  }
});
