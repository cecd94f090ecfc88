import { describe, expect, test } from 'vitest';
import { packagesOf, pickKernel, wholeKernels } from '../../../hack/node/kernel.ts';

/** What apt offers on Debian 12, shuffled. */
const OFFERED = [
  'linux-image-6.12.117+deb12-cloud-amd64',
  'linux-image-6.1.0-9-cloud-amd64',
  'linux-image-6.12.99+deb12-cloud-amd64',
  'linux-image-6.1.0-56-cloud-amd64',
  'linux-image-6.1.0-57-amd64',
  'linux-image-6.1.0-58-cloud-amd64-dbg',
  'linux-image-6.1.0-58-cloud-amd64-unsigned',
  'linux-image-6.12-cloud-amd64',
  'linux-image-cloud-amd64',
];

describe("the newest of Debian's cloud kernels", () => {
  test.for([
    ['6.1', 'linux-image-6.1.0-56-cloud-amd64'],
    ['6.12', 'linux-image-6.12.117+deb12-cloud-amd64'],
    ['newest', 'linux-image-6.12.117+deb12-cloud-amd64'],
  ] as const)('of %s is %s', ([series, name]) => {
    expect(pickKernel(OFFERED, series)).toBe(name);
  });

  test('of a series that is not there is none', () => {
    expect(pickKernel(OFFERED, '6.6')).toBeUndefined();
  });
});

test('whose modules are gone is none', () => {
  const [over, there] = ['7.1.13+deb13-cloud-amd64', '7.2.12+deb13-cloud-amd64'];
  const whole = 'linux-image-6.18.15+deb13-cloud-amd64';
  const parts = [`linux-image-${over}`, `linux-binary-${over}`, `linux-image-${there}`];
  expect(
    wholeKernels([
      ...parts,
      `linux-binary-${there}`,
      `linux-modules-${there}`,
      whole,
      'linux-libc',
    ]),
  ).toEqual([`linux-image-${there}`, whole]);
});

describe('a kernel is in', () => {
  const offered = [
    'linux-base-7.2.12+deb13-cloud-amd64',
    'linux-binary-7.2.12+deb13-cloud-amd64',
    'linux-binary-unsigned-7.2.12+deb13-cloud-amd64',
    'linux-modules-7.2.12+deb13-cloud-amd64',
    'linux-modules-7.2.12+deb14-cloud-amd64',
    ...OFFERED,
  ].join('\n');

  test('one package, or since 6.19 in its parts as well', () => {
    const [whole, split] = ['6.1.0-56-cloud-amd64', '7.2.12+deb13-cloud-amd64'];
    expect(packagesOf(`linux-image-${whole}`, offered)).toEqual([`linux-image-${whole}`]);
    expect(packagesOf(`linux-image-${split}`, offered)).toEqual([
      `linux-image-${split}`,
      `linux-base-${split}`,
      `linux-binary-${split}`,
      `linux-modules-${split}`,
    ]);
  });
});
