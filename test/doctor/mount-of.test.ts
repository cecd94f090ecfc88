import { expect, test } from 'vitest';
import { mountOf } from '../../src/doctor/mount-of.ts';

const MOUNTINFO = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:31 / /var/lib rw shared:7 master:2 - nfs4 server:/export rw,vers=4.2
37 22 0:32 / /mnt/a\\040b rw - tmpfs tmpfs rw,size=4k
38 36 0:33 / /var/lib/oom-recorder rw - overlay overlay rw
39 36 254:1 / /var/lib/oom-recorder rw - xfs /dev/vdb rw
`;

test.each([
  ['/etc', 'ext4'],
  ['/', 'ext4'],
  ['/var/lib', 'nfs4'],
  ['/var/lib/kubelet', 'nfs4'],
  ['/var/library', 'ext4'],
  ['/mnt/a b/c', 'tmpfs'],
  ['/var/lib/oom-recorder/printed', 'xfs'],
])('%s is on %s', (path, type) => {
  expect(mountOf(MOUNTINFO, path)).toBe(type);
});

test('what no line names is on nothing known', () => {
  expect(mountOf('', '/etc')).toBeUndefined();
  expect(mountOf('garbage\n', '/etc')).toBeUndefined();
});
