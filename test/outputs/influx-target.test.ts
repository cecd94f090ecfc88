import { describe, expect, test } from 'vitest';
import { influxTarget, type InfluxOptions } from '../../src/outputs/influx-target.ts';

const url = 'http://influx:8086';
const target = (options: InfluxOptions, env: Record<string, string> = {}) =>
  influxTarget(options, { env, readText });

const V1 = { influxUrl: url, influxDatabase: 'oom' };
const V2 = { influxUrl: url, influxBucket: 'b', influxOrg: 'o' };

function readText(path: string): string {
  if (path === 'missing') throw new Error('ENOENT');
  return `from ${path}\n`;
}

describe('where points go', () => {
  test('is nowhere unless somebody says so', () => {
    expect(target({})).toBeUndefined();
    expect(target({}, { OOM_RECORDER_INFLUX_TOKEN: 'secret' })).toBeUndefined();
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
    { influxDatabase: 'oom' },
    { influxBucket: 'b', influxOrg: 'o' },
    { influxTokenFile: 'f' },
    { ...V1, influxOrg: 'o' },
    { ...V1, influxTokenFile: 'f' },
    { ...V1, influxPasswordFile: 'f' },
    { ...V2, influxUser: 'me' },
    { ...V2, influxPasswordFile: 'f' },
    { ...V2, influxTokenFile: 'missing' },
    { ...V1, influxUser: 'me', influxPasswordFile: 'missing' },
  ])('is not %j', (options) => {
    expect(() => target(options)).toThrow(expect.objectContaining({ code: 'E_INFLUX_OPTIONS' }));
  });

  test.for<readonly [InfluxOptions, string, string]>([
    [V1, 'OOM_RECORDER_INFLUX_PASSWORD', 'a password needs its user'],
    [V1, 'OOM_RECORDER_INFLUX_TOKEN', 'a database (version 1) has no token'],
    [V2, 'OOM_RECORDER_INFLUX_PASSWORD', 'a bucket (version 2) has no password'],
  ])('is not %j with $%s: %s', ([options, variable, problem]) => {
    expect(() => target(options, { [variable]: 'secret' })).toThrow(`InfluxDB: ${problem}`);
  });

  test('names the file with a secret that is not there', () => {
    expect(() => target({ ...V2, influxTokenFile: 'missing' })).toThrow(
      'InfluxDB: the secret in missing cannot be read',
    );
  });

  test('has its secret read anew each time', () => {
    const texts = ['at the start', 'old', 'new'];
    const readText = () => texts.shift() ?? '';
    const found = influxTarget({ ...V2, influxTokenFile: 'f' }, { env: {}, readText });
    const token = () => found?.version === 2 && found.token?.();
    expect([token(), token()]).toEqual(['old', 'new']);
  });
});
