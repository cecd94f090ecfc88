import { RecorderError } from '../errors.ts';
import { withoutAbsent } from '../without-absent.ts';

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

/** A secret as it is now: a file may be replaced while the agent runs. */
export type Secret = () => string;

/** An InfluxDB, by the version of its interface: `/write` or `/api/v2/write`. */
export type InfluxTarget =
  | {
      readonly version: 1;
      readonly url: string;
      readonly database: string;
      readonly user?: string;
      readonly password?: Secret;
    }
  | {
      readonly version: 2;
      readonly url: string;
      readonly org: string;
      readonly bucket: string;
      readonly token?: Secret;
    };

/** The flags and variables do not say one place to write to. */
export class InfluxOptionsError extends RecorderError {
  readonly code = 'E_INFLUX_OPTIONS';
  readonly retryable = false;
  override readonly isUsage = true;

  constructor(problem: string, cause?: unknown) {
    super(`InfluxDB: ${problem}`, cause);
  }
}

/** Where secrets are looked for. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText: (path: string) => string;
}

/**
 * Where points go; `undefined` where nobody asked for it.
 *
 * @throws InfluxOptionsError
 */
export function influxTarget(
  options: InfluxOptions,
  sources: SecretSources,
): InfluxTarget | undefined {
  const { influxUrl, influxDatabase, influxBucket } = options;
  if (influxUrl === undefined) return nowhere(options);
  const url = checkUrl(influxUrl);
  if ((influxDatabase === undefined) === (influxBucket === undefined)) {
    throw new InfluxOptionsError(
      'name a database (version 1) or a bucket (version 2), one of them',
    );
  }
  const password = secret(options.influxPasswordFile, 'OOM_RECORDER_INFLUX_PASSWORD', sources);
  const token = secret(options.influxTokenFile, 'OOM_RECORDER_INFLUX_TOKEN', sources);
  const { influxUser: user, influxOrg: org } = options;
  if (influxDatabase !== undefined) {
    refuse('a database (version 1)', { token, organization: org });
    if (user === undefined && password !== undefined)
      throw new InfluxOptionsError('a password needs its user');
    return { version: 1, url, database: influxDatabase, ...withoutAbsent({ user, password }) };
  }
  refuse('a bucket (version 2)', { user, password });
  if (org === undefined) throw new InfluxOptionsError('a bucket needs its organization');
  return { version: 2, url, org, bucket: influxBucket ?? '', ...withoutAbsent({ token }) };
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
    throw new InfluxOptionsError('say where it is with --influx-url');
}

/** What would be ignored is a mistake. */
function refuse(what: string, strangers: Readonly<Record<string, unknown>>): void {
  for (const [name, stranger] of Object.entries(strangers))
    if (stranger !== undefined) throw new InfluxOptionsError(`${what} has no ${name}`);
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InfluxOptionsError('--influx-url is no http or https URL');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new InfluxOptionsError('take the user, the password and the query out of --influx-url');
  }
  return url.href;
}

/** Read once before it is needed: a path that is wrong is told at the start. */
function secret(
  file: string | undefined,
  variable: string,
  { env, readText }: SecretSources,
): Secret | undefined {
  if (file === undefined) {
    const value = env[variable];
    return value === undefined ? undefined : () => value;
  }
  const read: Secret = () => readText(file).trim();
  try {
    read();
  } catch (cause) {
    throw new InfluxOptionsError(`the secret in ${file} cannot be read`, cause);
  }
  return read;
}
