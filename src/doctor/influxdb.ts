import { request } from 'undici';
import { type Check, check, failed, type Finding, ok, unknown, whyOf } from './check.ts';

const LIMIT_MS = 4_000;
const SERVER_ERRORS = 500;

const FIX = 'check --influx-url, its server and the network; points wait in the store meanwhile';

/** An InfluxDB answers there. Whether it takes our points would take a point. */
export function influxCheck(url: string): Check {
  return check('InfluxDB', async () => {
    const ping = new URL('ping', url.endsWith('/') ? url : `${url}/`);
    try {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const { statusCode, headers, body } = await request(ping, { signal });
      await body.dump();
      return judge(`${url} answers ${statusCode}`, statusCode, headers['x-influxdb-version']);
    } catch (error) {
      return failed(`${url} does not answer: ${whyOf(error as Error)}`, FIX);
    }
  });
}

/** What stands before it may let pass nothing but writes. */
function judge(found: string, status: number, version: string | string[] | undefined): Finding {
  if (version !== undefined)
    return ok(`${found}, version ${String(version)}; rights are not tried`);
  if (status >= SERVER_ERRORS) return failed(found, FIX);
  return unknown(`${found}, and does not say that it is an InfluxDB`, FIX);
}
