import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCertificate } from '../../src/wiring/find-certificate.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** As the kubelet mounts a Secret: files are links into `..data`, a link that is exchanged (AtomicWriter). */
function mountSecret(volume: string, version: string, { cert, key }: Certificate): void {
  mkdirSync(join(volume, version));
  writeFileSync(join(volume, version, 'tls.crt'), cert);
  writeFileSync(join(volume, version, 'tls.key'), key);
  symlinkSync(version, join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
}

test('a certificate in a mounted Secret is found anew when that is updated', () => {
  const volume = tempDirectory();
  const [first, second] = [makeCertificate('first'), makeCertificate('second')];
  mountSecret(volume, '..1', first);
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(volume, name));
  const log = new MemoryLog();
  const flags = {
    listenTlsCert: join(volume, 'tls.crt'),
    listenTlsKey: join(volume, 'tls.key'),
  };
  const certificate = findCertificate(flags, log);
  expect(certificate?.current).toEqual(first);
  expect(certificate?.renewed()).toBeUndefined();
  mountSecret(volume, '..2', second);
  rmSync(join(volume, '..1'), { recursive: true });
  expect(certificate?.renewed()).toEqual(second);
  expect(log.lines).toEqual([]);
  rmSync(join(volume, '..data'));
  expect(certificate?.renewed()).toBeUndefined();
  expect(log.said('warn')).toEqual([expect.stringContaining('cannot be used')]);
});
