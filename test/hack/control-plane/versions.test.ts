import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  KUBERNETES_MODULE,
  parseVersion,
  pinnedVersions,
  wantedVersions,
} from '../../../hack/control-plane/versions.ts';

describe('the versions', () => {
  test('are what go.mod requires', () => {
    expect(pinnedVersions()).toEqual({
      kubernetes: expect.stringMatching(/^v1\.\d+\.\d+$/),
      etcd: expect.stringMatching(/^v3\.\d+\.\d+$/),
    });
  });

  test('of the staging modules follow that of Kubernetes', () => {
    const goMod = readFileSync(`${KUBERNETES_MODULE}go.mod`, 'utf8');
    const replaced = [...goMod.matchAll(/=> k8s\.io\/\S+ (?<version>\S+)/g)];
    expect(replaced.length).toBeGreaterThan(30);
    const { kubernetes } = pinnedVersions();
    expect(new Set(replaced.map((match) => match.groups?.['version']))).toEqual(
      new Set([kubernetes.replace('v1.', 'v0.')]),
    );
  });

  test.for([undefined, ''])('are the pinned ones for KUBERNETES_VERSION=%s', (asked) => {
    expect(wantedVersions({ KUBERNETES_VERSION: asked })).toEqual(pinnedVersions());
  });

  test.for(['v1.34.2', '1.34.2'])('can be asked for: KUBERNETES_VERSION=%s', (asked) => {
    const { etcd } = pinnedVersions();
    expect(wantedVersions({ KUBERNETES_VERSION: asked })).toEqual({ kubernetes: 'v1.34.2', etcd });
  });

  test.for(['1.34', 'latest', 'v1.34.2/../..', 'v1.34.2-rc.0', 'v2.0.0'])('refuse %s', (asked) => {
    expect(() => parseVersion(asked)).toThrow(asked);
  });
});
