import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** A certificate with those that lead to its authority, and its private key, PEM both. */
export interface TlsCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that somebody renews. */
export interface RenewedCertificate {
  /** As it is now. */
  readonly current: TlsCertificate;
  /** The one that took its place since the last question; `undefined` where none did. Never fails. */
  renewed(): TlsCertificate | undefined;
}

/** Time for a request's head, for its whole, and for a TLS handshake; nobody sends us more than a few lines. */
const REQUEST_LIMIT_MS = 5_000;
/** How often Node looks for connections that are over their time; rarely, since idle costs nothing. */
const CHECK_EVERY_MS = 5_000;
const LIMITS = {
  headersTimeout: REQUEST_LIMIT_MS,
  requestTimeout: REQUEST_LIMIT_MS,
  connectionsCheckingInterval: CHECK_EVERY_MS,
  maxHeaderSize: 8 * 1024,
};
/** Kubernetes' components ask for no less (k8s.io/component-base cli/flag DefaultTLSVersion). */
const TLS = { minVersion: 'TLSv1.2' } as const;

/**
 * What listens, not yet listening. With a certificate it speaks TLS alone, and looks for a renewed one whenever somebody connects,
 * before the handshake: nothing watches the files meanwhile.
 */
export function createListener(certificate: RenewedCertificate | undefined): Server {
  if (certificate === undefined) return createServer(LIMITS);
  const handshakeTimeout = REQUEST_LIMIT_MS;
  const server = createTlsServer({ ...LIMITS, ...TLS, ...certificate.current, handshakeTimeout });
  // Before Node's own listener, which begins the handshake.
  server.prependListener('connection', () => {
    const renewed = certificate.renewed();
    if (renewed !== undefined) server.setSecureContext({ ...TLS, ...renewed });
  });
  return server;
}
