import { describe, expect, test } from 'vitest';
import { ListenError, parseListenAddress } from '../../src/telemetry/listen-address.ts';

describe('an address to listen on', () => {
  test.for([
    [':9095', { port: 9095 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:9095', { host: '::1', port: 9095 }],
    ['none', 'none'],
  ] as const)('%s', ([listen, address]) => {
    expect(parseListenAddress(listen)).toEqual(address);
  });

  test.for(['', '9095', 'host', ':', ':65536', '::1:9095', 'a:b:1', ':90 95'])(
    'is not %j',
    (listen) => {
      expect(parseListenAddress(listen)).toBeUndefined();
    },
  );
});

describe('an address that cannot be had', () => {
  test.for([
    [{ port: 80 }, 'EACCES', 'Listening on :80 failed: it takes CAP_NET_BIND_SERVICE'],
    [{ host: '::1', port: 1 }, 'EADDRNOTAVAIL', 'Listening on [::1]:1 failed: this host has no'],
    [{ host: 'a.b', port: 1 }, 'ENOTFOUND', 'Listening on a.b:1 failed: nobody knows the address'],
    [{ port: 1 }, 'EWHATEVER', 'Listening on :1 failed: bind EWHATEVER. '],
  ] as const)('%j is told with why: %s', ([address, code, told]) => {
    const cause = Object.assign(new Error(`bind ${code}`), { code });
    expect(new ListenError(address, cause).message).toContain(told);
  });
});
