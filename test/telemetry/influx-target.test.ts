import { describe, expect, test } from 'vitest';
import { influxTarget, type InfluxOptions } from '../../src/telemetry/influx-target.ts';

const url = 'http://influx:8086';
const target = (options: InfluxOptions, env: Record<string, string> = {}) =>
  influxTarget(options, { env, readText: (path) => `from ${path}\n` });

describe('where points go', () => {
  test('is nowhere unless somebody says so', () => {
    expect(target({ influxDatabase: 'oom' })).toBeUndefined();
  });

  test('is a database of version 1, with a password from the environment', () => {
    const found = target(
      { influxUrl: url, influxDatabase: 'oom', influxUser: 'me' },
      { OOM_RECORDER_INFLUX_PASSWORD: 'secret' },
    );
    expect(found).toMatchObject({ version: 1, url: `${url}/`, database: 'oom', user: 'me' });
    expect(found?.version === 1 && found.password?.()).toBe('secret');
  });

  test('is a bucket of version 2, with a token from a file', () => {
    const found = target({
      influxUrl: url,
      influxBucket: 'b',
      influxOrg: 'o',
      influxTokenFile: 'f',
    });
    expect(found).toMatchObject({ version: 2, bucket: 'b', org: 'o' });
    expect(found?.version === 2 && found.token?.()).toBe('from f');
  });

  test.for<InfluxOptions>([
    { influxUrl: url },
    { influxUrl: url, influxDatabase: 'oom', influxBucket: 'b' },
    { influxUrl: url, influxBucket: 'b' },
    { influxUrl: 'influx:8086', influxDatabase: 'oom' },
    { influxUrl: 'http://me:secret@influx', influxDatabase: 'oom' },
  ])('is not %j', (options) => {
    expect(() => target(options)).toThrow(expect.objectContaining({ code: 'E_INFLUX_OPTIONS' }));
  });
});
