import { fileText, httpUrl, OutputOptionsError, type ReadAnew } from './output-options.ts';

/** Flags and variables that say where points go. Secrets come from the environment or a file. */
export interface InfluxOptions {
  readonly influxUrl?: string;
  /** Version 1. */
  readonly influxDatabase?: string;
  readonly influxUser?: string;
  readonly influxPasswordFile?: string;
  /** Version 2. */
  readonly influxBucket?: string;
  readonly influxOrg?: string;
  readonly influxTokenFile?: string;
}

/** An InfluxDB, by the version of its interface: `/write` or `/api/v2/write`. */
export type InfluxTarget =
  | {
      readonly version: 1;
      readonly url: string;
      readonly database: string;
      readonly user?: string | undefined;
      readonly password?: ReadAnew | undefined;
    }
  | {
      readonly version: 2;
      readonly url: string;
      readonly org: string;
      readonly bucket: string;
      readonly token?: ReadAnew | undefined;
    };

/** Where secrets are looked for. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText: (path: string) => string;
}

/**
 * Where points go; `undefined` where nobody asked for it.
 *
 * @throws OutputOptionsError
 */
export function influxTarget(
  options: InfluxOptions,
  sources: SecretSources,
): InfluxTarget | undefined {
  const { influxUrl, influxDatabase, influxBucket } = options;
  if (influxUrl === undefined) return nowhere(options);
  const url = checkUrl(influxUrl);
  if ((influxDatabase === undefined) === (influxBucket === undefined)) {
    throw wrong('name a database (version 1) or a bucket (version 2), one of them');
  }
  const password = secret(options.influxPasswordFile, 'OOM_RECORDER_INFLUX_PASSWORD', sources);
  const token = secret(options.influxTokenFile, 'OOM_RECORDER_INFLUX_TOKEN', sources);
  const { influxUser: user, influxOrg: org } = options;
  if (influxDatabase !== undefined) {
    refuse('a database (version 1)', { token, organization: org });
    if (user === undefined && password !== undefined) throw wrong('a password needs its user');
    return { version: 1, url, database: influxDatabase, user, password };
  }
  refuse('a bucket (version 2)', { user, password });
  if (org === undefined) throw wrong('a bucket needs its organization');
  return { version: 2, url, org, bucket: influxBucket ?? '', token };
}

/** A secret in the environment alone asks for nothing: whoever put it there may serve many. */
function nowhere(options: InfluxOptions): undefined {
  const given = [
    options.influxDatabase,
    options.influxUser,
    options.influxPasswordFile,
    options.influxBucket,
    options.influxOrg,
    options.influxTokenFile,
  ];
  if (given.some((option) => option !== undefined))
    throw wrong('say where it is with --influx-url');
}

/** What would be ignored is a mistake. */
function refuse(what: string, strangers: Readonly<Record<string, unknown>>): void {
  for (const [name, stranger] of Object.entries(strangers))
    if (stranger !== undefined) throw wrong(`${what} has no ${name}`);
}

function checkUrl(text: string): string {
  const url = httpUrl(text, '--influx-url', wrong);
  if (url.search !== '') throw wrong('take the query out of --influx-url');
  return url.href;
}

function secret(
  file: string | undefined,
  variable: string,
  { env, readText }: SecretSources,
): ReadAnew | undefined {
  if (file !== undefined) return fileText('secret', file, readText, wrong);
  const value = env[variable];
  return value === undefined ? undefined : () => value;
}

function wrong(problem: string, cause?: unknown): OutputOptionsError {
  return new OutputOptionsError('E_INFLUX_OPTIONS', `InfluxDB: ${problem}`, cause);
}
