import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

interface Platform {
  readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
  readonly uri: string;
  readonly sha256: string;
  readonly bin: string;
}

interface Plugin {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly version: string;
    readonly homepage: string;
    readonly shortDescription: string;
    readonly description: string;
    readonly platforms: readonly Platform[];
  };
}

/** As krew-release-bot fills it in: its two functions, and any sum. */
function render(tag: string): Plugin {
  const template = readFileSync('manifests/krew/oom.yaml', 'utf8');
  const text = template
    .replaceAll(
      /\{\{ addURIAndSha "(?<uri>[^"]+)" \.TagName \| indent 6 \}\}/g,
      `uri: $<uri>\n      sha256: ${'a'.repeat(64)}`,
    )
    .replaceAll('{{ .TagName }}', tag);
  expect(text).not.toContain('{{');
  return load(text) as Plugin;
}

const TAG = `v${manifest.version}`;

// krew internal/index/validation/validate.go: ValidatePlugin, validatePlatform.
describe('the krew manifest', () => {
  const { apiVersion, kind, metadata, spec } = render(TAG);

  test('is a Plugin by the name that kubectl finds, with what krew demands', () => {
    expect(apiVersion).toBe('krew.googlecontainertools.github.com/v1alpha2');
    expect(kind).toBe('Plugin');
    expect(metadata.name).toBe('oom');
    expect(spec.version).toBe(TAG);
    expect(spec.version).toMatch(/^v\d+\.\d+\.\d+$/);
    expect(spec.shortDescription).toMatch(/^[^\n]{1,50}$/);
    expect(spec.description).not.toBe('');
  });

  test('names for each platform an archive of this version, and what is run in it', () => {
    const platforms = spec.platforms.map(({ selector }) => selector.matchLabels);
    expect(platforms).toEqual([
      { os: 'linux', arch: 'amd64' },
      { os: 'linux', arch: 'arm64' },
    ]);
    for (const { uri, sha256, bin, selector } of spec.platforms) {
      const { os, arch } = selector.matchLabels;
      expect(uri).toMatch(new RegExp(`^https://.*/${TAG}/kubectl-oom-${os}-${arch}\\.tar\\.gz$`));
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bin).toBe('kubectl-oom');
    }
  });
});
