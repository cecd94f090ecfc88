import { describe, expect, test } from 'vitest';
import { NO_PODS, PodsFileError, readPodsFile } from '../../src/pods/pods-file.ts';

const pod = (uid: string, extra = {}) => ({
  metadata: { namespace: 'shop', name: `pod-${uid}`, uid, ...extra },
});
const read = (text: string) => readPodsFile('pods.json', () => text);
const list = (kind: string, ...items: readonly unknown[]) => JSON.stringify({ kind, items });

describe('readPodsFile reads', () => {
  test.each(['List', 'PodList'])('a JSON %s', (kind) => {
    const directory = read(list(kind, pod('a'), pod('b')));
    expect(directory.isComplete).toBe(true);
    expect(directory.byCgroupUid('b')).toMatchObject({ name: 'pod-b' });
    expect(directory.byCgroupUid('c')).toBeUndefined();
  });

  test('YAML', () => {
    const yaml = 'kind: List\nitems:\n- metadata: {namespace: shop, name: pod-a, uid: a}\n';
    expect(read(yaml).byCgroupUid('a')).toMatchObject({ namespace: 'shop' });
  });

  test('a static pod under the hash in its cgroup path', () => {
    const annotations = {
      'kubernetes.io/config.hash': '0cc175b9c0f1b6a831c399e269772661',
      'kubernetes.io/config.mirror': '0cc175b9c0f1b6a831c399e269772661',
    };
    const mirror = {
      ...pod('a', { annotations }),
      spec: { containers: [{ name: 'app' }] },
      status: { containerStatuses: [{ name: 'app', containerID: 'containerd://c1' }] },
    };
    const directory = read(list('List', mirror, pod('forged', { annotations })));
    const hash = annotations['kubernetes.io/config.hash'];
    expect(directory.byCgroupUid(hash, 'c1')).toMatchObject({ uid: 'a' });
  });

  test('past what is no pod', () => {
    const directory = read(list('List', null, 7, {}, { metadata: 'x' }, pod('a')));
    expect(directory.byCgroupUid('a')).toMatchObject({ name: 'pod-a' });
  });
});

describe('it refuses', () => {
  test.each([
    ['a file that is not there', undefined, /there is no such file/],
    ['what is neither JSON nor YAML', '{', /neither JSON nor YAML/],
    ['one pod', '{"kind":"Pod"}', /holds no list of pods/],
    ['nothing', '', /neither JSON nor YAML/],
    ['a word', 'pods', /holds no list of pods/],
  ])('%s, and says how to make one', (_, text, problem) => {
    const readText = () => {
      if (text === undefined) throw Object.assign(new Error('open'), { code: 'ENOENT' });
      return text;
    };
    expect(() => readPodsFile('pods.json', readText)).toThrow(PodsFileError);
    expect(() => readPodsFile('pods.json', readText)).toThrow(problem);
    expect(() => readPodsFile('pods.json', readText)).toThrow(/kubectl get pods -A -o json/);
  });
});

test('without a list nobody is known, and nobody is certainly elsewhere', () => {
  expect(NO_PODS.byCgroupUid('a')).toBeUndefined();
  expect(NO_PODS.isComplete).toBe(false);
});
