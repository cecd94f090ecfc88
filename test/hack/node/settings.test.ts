import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, nodeSettings } from '../../../hack/node/settings.ts';

describe('what a node is like', () => {
  test('is the default where nothing is said', () => {
    expect(nodeSettings({})).toEqual(DEFAULT_SETTINGS);
    expect(nodeSettings({ NODE_KERNEL: '', NODE_CGROUP_DRIVER: '' })).toEqual(DEFAULT_SETTINGS);
  });

  test('is what the variables say', () => {
    const env = {
      NODE_KERNEL: 'newest',
      NODE_CGROUP_DRIVER: 'cgroupfs',
      NODE_SINGLE_PROCESS_OOM_KILL: 'true',
    };
    const asked = { kernel: 'newest', cgroupDriver: 'cgroupfs', singleProcessOomKill: true };
    expect(nodeSettings(env)).toEqual(asked);
  });

  test.for([
    { NODE_KERNEL: '6' },
    { NODE_KERNEL: '../6.12' },
    { NODE_CGROUP_DRIVER: 'cgroup' },
    { NODE_SINGLE_PROCESS_OOM_KILL: '1' },
  ])('is never guessed: %o', (env) => {
    const [[name, value] = []] = Object.entries(env);
    expect(() => nodeSettings(env)).toThrow(`${name}=${value}`);
  });
});
