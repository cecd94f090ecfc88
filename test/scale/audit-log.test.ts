import { expect, test } from 'vitest';
import { readAudit } from './audit-log.ts';

const RECEIVED = '2026-11-26T16:00:00.000000Z';

/** As kube-apiserver 1.36 writes it, what is not read left out. */
function line(event: object): string {
  return JSON.stringify({
    stage: 'ResponseComplete',
    verb: 'list',
    requestURI: '/api/v1/pods?resourceVersion=0',
    objectRef: { resource: 'pods', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: RECEIVED,
    stageTimestamp: '2026-11-26T16:00:00.250000Z',
    ...event,
  });
}

test('a request is what was asked, when, and how long it took', () => {
  expect(readAudit(line({}))).toEqual([
    { what: 'list pods', atMs: Date.parse(RECEIVED), tookMs: 250, code: 200 },
  ]);
});

test('a watch is one request, of which its end is no news', () => {
  const log = [
    line({ verb: 'watch', stage: 'ResponseStarted' }),
    line({ verb: 'watch', stage: 'ResponseComplete' }),
  ].join('\n');
  expect(readAudit(log).map(({ what }) => what)).toEqual(['watch pods']);
});

test('what is no resource is told by its path, and half a line by nothing', () => {
  const version = line({ verb: 'get', requestURI: '/version', objectRef: undefined });
  const log = `${version}\n${line({}).slice(0, 100)}`;
  expect(readAudit(log).map(({ what }) => what)).toEqual(['get /version']);
});
