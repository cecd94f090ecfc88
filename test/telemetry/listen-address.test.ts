import { describe, expect, test } from 'vitest';
import { parseListenAddress } from '../../src/telemetry/listen-address.ts';

describe('an address to listen on', () => {
  test.for([
    [':9095', { port: 9095 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:9095', { host: '::1', port: 9095 }],
    ['none', undefined],
  ] as const)('%s', ([listen, address]) => {
    expect(parseListenAddress(listen)).toEqual(address);
  });

  test.for(['', '9095', 'host', ':', ':65536', '::1:9095', 'a:b:1', ':90 95'])(
    'is not %j',
    (listen) => {
      expect(() => parseListenAddress(listen)).toThrow(
        expect.objectContaining({ code: 'E_LISTEN' }),
      );
    },
  );
});
