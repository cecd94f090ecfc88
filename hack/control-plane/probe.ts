import type { ClientRequest } from 'node:http';

const TIMEOUT_MS = 2_000;

/** Whether a request is answered with 200. Any error is a no. */
export function answersOk(request: () => ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    request()
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', () => resolve(false))
      .setTimeout(TIMEOUT_MS, function giveUp(this: ClientRequest) {
        this.destroy(new Error('timeout'));
      })
      .end();
  });
}
