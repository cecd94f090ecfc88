import { describe, expect, test } from 'vitest';
import { ProcWitness } from '../../src/oom/proc-witness.ts';

const POD = '/kubepods/burstable/pod0d1e2f30-aaaa-4bbb-8ccc-112233445566';

/** A /proc in which process 7 is `app`. */
function witness(cgroup: string | undefined, comm = 'app\n'): ProcWitness {
  const files = new Map([['/host/proc/7/comm', comm]]);
  if (cgroup !== undefined) files.set('/host/proc/7/cgroup', cgroup);
  return new ProcWitness('/host/proc', (path) => {
    const text = files.get(path);
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  });
}

describe('the victim’s cgroup', () => {
  test.each([
    ['of v2', `0::${POD}\n`, POD],
    ['of v1', `9:name=systemd:/x\n4:memory:${POD}\n3:cpuset:/\n0::/\n`, POD],
    ['of v1, mounted with another controller', `4:cpu,memory:${POD}\n`, POD],
    ['of v1 before v2’s, where both are there', `4:memory:${POD}\n0::/init.scope\n`, POD],
    ['removed already', `0::${POD} (deleted)\n`, POD],
    ['with a colon in its name', `0::${POD}/a:b\n`, `${POD}/a:b`],
    ['with a name in UTF-8', `0::${POD}/caf\u00C3\u00A9\n`, `${POD}/café`],
  ])('%s', (_, text, cgroup) => {
    expect(witness(text).testify(7, 'app')).toEqual({ cgroup, source: 'proc' });
  });
});

describe('nothing is said', () => {
  test.each([
    ['when the process is gone', undefined, 'app\n'],
    ['when another process has its pid', `0::${POD}\n`, 'other\n'],
    ['when it has left its cgroup', '0::/\n', 'app\n'],
    ['when the path leads out of our cgroup namespace', '0::/../../kubepods\n', 'app\n'],
    ['when there is no memory cgroup', '3:cpuset:/\n', 'app\n'],
  ])('%s', (_, cgroup, comm) => {
    expect(witness(cgroup, comm).testify(7, 'app')).toBeUndefined();
  });

  test('of a process that is not there', () => {
    expect(witness(`0::${POD}\n`).testify(8, 'app')).toBeUndefined();
  });
});

test.each(['', 'a\nb', 'two\n', 'gr\u00FCn'])('a process may be called %j', (name) => {
  const comm = `${Buffer.from(name).toString('latin1')}\n`;
  expect(witness(`0::${POD}\n`, comm).testify(7, name)).toEqual({ cgroup: POD, source: 'proc' });
});
