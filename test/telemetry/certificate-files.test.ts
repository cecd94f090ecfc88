import { beforeEach, describe, expect, test } from 'vitest';
import {
  type CertificateReader,
  listenCertificate,
  type ListenOptions,
} from '../../src/telemetry/certificate-files.ts';
import { makeCertificate } from '../support/certificates.ts';

const [FIRST, SECOND] = [makeCertificate('first'), makeCertificate('second')];
const FLAGS: ListenOptions = { listenTlsCert: 'tls.crt', listenTlsKey: 'tls.key' };

let texts: Record<string, string>;
let problems: string[];

beforeEach(() => {
  texts = { 'tls.crt': FIRST.cert, 'tls.key': FIRST.key };
  problems = [];
});

const files: CertificateReader = {
  read: (path) => {
    const text = texts[path];
    if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return text;
  },
  stamp: (path) => texts[path] ?? 'ENOENT',
};

const open = (flags: ListenOptions = FLAGS) =>
  listenCertificate(flags, files, (err) => problems.push(err.message));

describe('the certificate of the port', () => {
  test('is none unless it is asked for', () => {
    expect(open({})).toBeUndefined();
    expect(open({ listen: 'none' })).toBeUndefined();
  });

  test.for<[string, ListenOptions, Record<string, string>, RegExp]>([
    ['a key alone', { listenTlsKey: 'tls.key' }, {}, /give both, --listen-tls-cert and/],
    ['a certificate alone', { listenTlsCert: 'tls.crt' }, {}, /give both/],
    ['no such file', { ...FLAGS, listenTlsKey: 'no' }, {}, /no cannot be read: there is no such/],
    ['an empty file', FLAGS, { 'tls.crt': ' \n' }, /tls\.crt is empty/],
    ['another’s key', FLAGS, { 'tls.key': SECOND.key }, /tls\.key is not the key of tls\.crt/],
    [
      'no PEM',
      FLAGS,
      { 'tls.crt': 'x' },
      /do not do as certificate and key in PEM \(ERR_OSSL_PEM_NO_START/,
    ],
  ])('is wrong usage with %s', ([, flags, other, said]) => {
    Object.assign(texts, other);
    expect(() => open(flags)).toThrow(
      expect.objectContaining({
        code: 'E_LISTEN_TLS',
        isUsage: true,
        message: expect.stringMatching(said),
      }),
    );
  });

  test('is the one that is there now, read once', () => {
    const certificate = open();
    expect(certificate?.current).toEqual(FIRST);
    expect(certificate?.renewed()).toBeUndefined();
    texts = { 'tls.crt': SECOND.cert, 'tls.key': SECOND.key };
    expect(certificate?.renewed()).toEqual(SECOND);
    expect(certificate?.renewed()).toBeUndefined();
    expect(problems).toEqual([]);
  });

  test('stays what it was while its files do not go together, which is said once', () => {
    const certificate = open();
    texts['tls.crt'] = SECOND.cert;
    for (let n = 0; n < 3; n += 1) expect(certificate?.renewed()).toBeUndefined();
    delete texts['tls.key'];
    expect(certificate?.renewed()).toBeUndefined();
    expect(problems).toEqual([
      expect.stringContaining('is not the key of'),
      expect.stringContaining('tls.key cannot be read: there is no such file'),
    ]);
    texts['tls.key'] = SECOND.key;
    expect(certificate?.renewed()).toEqual(SECOND);
  });
});
