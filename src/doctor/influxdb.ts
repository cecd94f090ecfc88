import { request } from 'undici';
import { type Check, failed, ok } from './check.ts';

const LIMIT_MS = 4_000;

/** An InfluxDB answers there. Whether it takes our points would take a point. */
export function influxCheck(url: string): Check {
  return {
    name: 'InfluxDB',
    look: async () => {
      const fix =
        'check --influx-url, its server and the network; points wait in the store meanwhile';
      const ping = new URL('ping', url.endsWith('/') ? url : `${url}/`);
      try {
        const signal = AbortSignal.timeout(LIMIT_MS);
        const { statusCode, headers, body } = await request(ping, { signal });
        await body.dump();
        const version = [headers['x-influxdb-version']].flat()[0];
        const found = `${url} answers ${statusCode}`;
        if (version !== undefined) return ok(`${found}, version ${version}; rights are not tried`);
        return failed(`${found}, and not as an InfluxDB does`, fix);
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        return failed(`${url} does not answer: ${message === '' ? code : message}`, fix);
      }
    },
  };
}
