import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNode } from '../../src/wiring/open-node.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** Most file systems count a directory's directories among its links as kernfs does; none has to. */
test('the cgroups in a cgroup are found, be there none, one or two', () => {
  const cgroupRoot = tempDirectory();
  for (const cgroup of ['none', 'one/a', 'two/a', 'two/b/deep']) {
    mkdirSync(join(cgroupRoot, cgroup), { recursive: true });
  }
  for (const cgroup of ['.', 'none', 'one', 'two']) {
    writeFileSync(join(cgroupRoot, cgroup, 'cgroup.controllers'), 'memory\n');
  }
  const { tree } = openNode({ cgroupRoot, procRoot: '/proc' });
  expect(tree.within('/none')).toEqual([]);
  expect(tree.within('/one')).toEqual(['/one/a']);
  expect(tree.within('/two').toSorted()).toEqual(['/two/a', '/two/b', '/two/b/deep']);
});
