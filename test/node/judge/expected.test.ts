import { describe, expect, test } from 'vitest';
import { inStorm, onPod, pattern, pidIn, processesIn } from './expected.ts';

const SAYS =
  'Memory limit of container app (32Mi) reached: killed process sh (pid {pid}), anon-rss {size}';

describe('a message is compared', () => {
  test.each([
    ['with any number and size', SAYS.replace('{pid}', '7').replace('{size}', '31Mi'), true],
    ['to its end', `${SAYS.replace('{pid}', '7').replace('{size}', '31Mi')}, pod limit`, false],
    ['from its beginning', `The m${SAYS.replace('{pid}', '7').replace('{size}', '31Mi')}`, false],
    ['with the size the row has', SAYS.replace('32Mi', '16Mi').replace('{pid}', '7'), false],
  ])('%s', (_, message, isIt) => {
    expect(pattern(SAYS).test(message)).toBe(isIt);
  });

  test('by each form a storm may take, the fullest first', () => {
    const { says } = inStorm('storm-0', '16Mi', { isGroup: true });
    expect(says).toEqual([
      'Memory limit of container app (16Mi) reached: killed process sh (pid {pid}) and {others} of the container, anon-rss {size}',
      'Killed process sh (pid {pid}) and {others} in container app, anon-rss {size}: the kernel withheld which memory limit was reached (rate limit)',
      'Killed a process in container app, one of several killed at that moment: the kernel withheld which memory limit was reached (rate limit)',
    ]);
  });
});

test('a container is `app` unless a row says otherwise', () => {
  expect(onPod('web', SAYS).fieldPath).toBe('spec.containers{app}');
});

test.each([
  ['killed process sh (pid 12), anon-rss 31Mi', 12, 1],
  ['killed process sh (pid 12) and 1 other process of the container', 12, 2],
  ['killed process sh (pid 12) and 3 other processes of the container', 12, 4],
  ['System OOM encountered, victim process: sh, pid: 34', 34, 1],
  ['Killed a process in container app, one of several', undefined, 1],
])('%s: which pid, and how many', (message, pid, processes) => {
  expect([pidIn(message), processesIn(message)]).toEqual([pid, processes]);
});
