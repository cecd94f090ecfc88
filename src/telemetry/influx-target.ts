import { RecorderError } from '../errors.ts';
import { withoutAbsent } from '../oom/without-absent.ts';

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

  constructor(problem: string) {
    super(`InfluxDB: ${problem}`);
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
  if (influxUrl === undefined) return undefined;
  const url = checkUrl(influxUrl);
  if ((influxDatabase === undefined) === (influxBucket === undefined)) {
    throw new InfluxOptionsError(
      'name a database (version 1) or a bucket (version 2), one of them',
    );
  }
  if (influxDatabase !== undefined) {
    const password = secret(options.influxPasswordFile, 'OOM_RECORDER_INFLUX_PASSWORD', sources);
    const { influxUser: user } = options;
    return { version: 1, url, database: influxDatabase, ...withoutAbsent({ user, password }) };
  }
  const token = secret(options.influxTokenFile, 'OOM_RECORDER_INFLUX_TOKEN', sources);
  const { influxOrg: org, influxBucket: bucket = '' } = options;
  if (org === undefined) throw new InfluxOptionsError('a bucket needs its organization');
  return { version: 2, url, org, bucket, ...withoutAbsent({ token }) };
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InfluxOptionsError(`${text} is no http or https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new InfluxOptionsError('take the user and password out of the URL: it appears in logs');
  }
  return url.href;
}

function secret(
  file: string | undefined,
  variable: string,
  { env, readText }: SecretSources,
): Secret | undefined {
  if (file !== undefined) return () => readText(file).trim();
  const value = env[variable];
  return value === undefined ? undefined : () => value;
}
