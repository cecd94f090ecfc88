import manifest from '../package.json' with { type: 'json' };

/** As released: what `--version`, the metrics and the page say. */
export const VERSION: string = manifest.version;
