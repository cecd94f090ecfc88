import { describe, expect, test } from 'vitest';
import { recordsAfter } from '../../../hack/node/kmsg-records.ts';

const LOG = [
  '6,7,100,-;eth0: link up\n',
  ' SUBSYSTEM=net\n DEVICE=n2\n',
  '4,8,200,-;a,9999,b invoked oom-killer\n',
  '12,9,300,-;said by a process\n',
  ' KEY=1,5000,2\n',
];

describe('the records after one', () => {
  test.for([
    [-1, 0],
    [6, 0],
    [7, 2],
    [8, 3],
    [9, 5],
  ] as const)('after %i begin with line %i', ([sequence, first]) => {
    expect(recordsAfter(LOG.join(''), sequence)).toBe(LOG.slice(first).join(''));
  });
});
