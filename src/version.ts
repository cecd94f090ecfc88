import manifest from '../package.json' with { type: 'json' };

/** As released: what the metrics and the page say. */
export const VERSION: string = manifest.version;

/** The bundle's, written into it by `hack/bundle.ts`; the sources are of no one commit. */
declare const BUNDLED_COMMIT: string | undefined;

/** What `--version` says: as released, and which commit that was made from where it is known. */
export const FULL_VERSION: string =
  typeof BUNDLED_COMMIT === 'string' ? `${VERSION} (${BUNDLED_COMMIT})` : VERSION;
