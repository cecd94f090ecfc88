import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runFake } from './support/fake-edge.ts';

describe('the exit code is', () => {
  test.each([
    ['0 for help', ['--help'], 0, /^Usage: oom-recorder/],
    ['0 for the version', ['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    ['0 for a command’s help', ['replay', '--help'], 0, /OOM_RECORDER_NODE_NAME/],
    ['0 for help with examples', ['run', '--help'], 0, /\nExamples:\n  oom-recorder run\n/],
    ['0 for an empty log', ['replay', '-'], 0, /^records=0 /],
    ['2 without a command', [], 2, /^Usage: oom-recorder/],
    ['2 for an unknown command', ['watch'], 2, /unknown command 'watch'/],
    ['2 for an unknown format', ['replay', '-o', 'xml', '-'], 2, /Allowed choices are table/],
    ['2 for an unknown flag', ['run', '--nonsense'], 2, /unknown option '--nonsense'/],
    ['2 for replay of nothing', ['replay'], 2, /missing required argument 'file'/],
    ['2 for a time that is none', ['replay', '--boot-time', 'noon', '-'], 2, /It is no time/],
    [
      '2 for an InfluxDB that is none, before anything is opened',
      ['run', '--kmsg', 'nowhere', '--influx-url', 'ftp://x', '--influx-database', 'd'],
      2,
      /\[E_INFLUX_OPTIONS\]/,
    ],
    [
      '2 for a webhook that is none, before anything is opened',
      ['run', '--kmsg', 'nowhere', '--webhook-url', 'ftp://x'],
      2,
      /\[E_WEBHOOK_OPTIONS\]/,
    ],
    [
      '2 for a namespace that can be none',
      ['run', '--exclude-namespaces', 'kube-system,Shop'],
      2,
      /No namespace is called "Shop"/,
    ],
    [
      '2 for the history of a namespace that can be none',
      ['history', '-n', 'Shop'],
      2,
      /No namespace is called "Shop"/,
    ],
    [
      '2 for namespaces that are chosen both ways',
      ['run', '--namespaces', 'shop', '--exclude-namespaces', 'kube-system'],
      2,
      /cannot be used with/,
    ],
    [
      '2 for a Node name that no Node can have',
      ['run', '--kmsg', 'package.json', '--node-name', 'No_Node'],
      2,
      /\[E_NODE_NAME\]/,
    ],
    [
      '2 for a kubeconfig that is not there',
      ['run', '--kmsg', 'package.json', '--kubeconfig', 'nowhere'],
      2,
      /nowhere: there is no such file.*\[E_NO_CLUSTER\]/,
    ],
    [
      '2 for a host to listen on that is not this one',
      ['run', '--kmsg', 'package.json', '--dry-run', '--listen', '192.0.2.1:9095'],
      2,
      /this host has no such address.*\[E_LISTEN\]/,
    ],
    [
      '1 for a missing log',
      ['replay', 'nowhere.kmsg'],
      1,
      /^error: .*nowhere.kmsg.*\[E_SAVED_LOG\]\n$/,
    ],
    [
      '2 for a missing pod list',
      ['replay', '--pods', 'no.json', '-'],
      2,
      /no.json.*\[E_PODS_FILE\]/,
    ],
    [
      '2 for a pod list that is none',
      ['replay', '--pods', 'Makefile', '-'],
      2,
      /neither JSON nor YAML/,
    ],
    [
      '2 for a JSON file that is no list',
      ['replay', '--pods', 'package.json', '-'],
      2,
      /no list of pods/,
    ],
    ['2 for a doctor that is to print a table of Events', ['doctor', '-o', 'wide'], 2, /Allowed/],
    [
      '2 for a doctor of an InfluxDB that is none',
      ['doctor', '--influx-url', 'ftp://x', '--influx-database', 'd'],
      2,
      /\[E_INFLUX_OPTIONS\]/,
    ],
    [
      '1 where the doctor finds something, which says how to mend it',
      ['doctor', '--kmsg', 'nowhere', '--listen', ':0'],
      1,
      /✘ kernel log .*nowhere.*\n +→ .*--kmsg.*[^]*\[E_NOT_READY\]\n$/,
    ],
    [
      '1 for a saved log that run cannot read',
      ['run', '--dry-run', '--listen', 'none', '--kmsg', 'test/testdata/saved-logs/dmesg.txt'],
      1,
      /none of its \d+ lines is one; oom-recorder replay reads other forms\. \[E_SAVED_LOG\]\n$/,
    ],
    ['1 for a kernel log that is missing', ['run', '--kmsg', 'nowhere'], 1, /\[E_KMSG_NOT_FOUND\]/],
  ])('%s', async (_, args, expected, said) => {
    const { code, stdout, stderr } = await runFake(args);
    expect(code).toBe(expected);
    expect(stdout + stderr).toMatch(said);
  });
});

test.for(['9095', 'off', '', ':99999'])('to listen on %j is wrong usage', async (address) => {
  const { code, stderr } = await runFake(['run', '--kmsg', 'nowhere', '--listen', address]);
  expect(code).toBe(2);
  expect(stderr).toContain(`argument '${address}' is invalid`);
});

test('an unknown format in a variable is wrong usage too', async () => {
  vi.stubEnv('OOM_RECORDER_OUTPUT', 'xml'); // commander reads the process's own environment
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, stderr } = await runFake(['replay', '-']);
  expect(code).toBe(2);
  expect(stderr).toContain('OOM_RECORDER_OUTPUT');
});
