import type { ConnectionOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { DispatcherOptions } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import { withoutAbsent } from '../without-absent.ts';
import { MAX_OBJECT_BYTES } from './json-text.ts';

/** How long each part of a request may take, ms. */
export interface Timeouts {
  readonly connectMs: number;
  readonly requestMs: number;
}

/** What a dispatcher is for: one question and one answer, or an answer that goes on. */
export type Use = 'request' | 'stream';

/**
 * At most two connections carry Events: a TLS handshake costs the API server more than the Event
 * does, and a request that finds both busy waits for milliseconds. A watch holds its connection as
 * long as it lives (HTTP/1.1), so streams have connections of their own and never make a request wait.
 */
const MAX_CONNECTIONS: Readonly<Record<Use, number>> = { request: 2, stream: 2 };

/** Below the 60 s after which common load balancers, and the 90 s after which the API server hangs up. */
const KEEP_ALIVE_MS = 30_000;

/**
 * One dispatcher for the whole agent, built anew only when the trust or the client certificate
 * behind it changes. client-node makes one per request: 30 creates, 30 TLS handshakes.
 *
 * The retired one finishes what it carries; what is lost is one connection's reuse per rotation.
 */
export class SharedDispatcher implements AsyncDisposable {
  readonly #timeouts: Timeouts;
  readonly #open = new Set<Dispatcher>();
  #options: DispatcherOptions | undefined;
  #pools: Readonly<Record<Use, Dispatcher>> | undefined;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  take(options: DispatcherOptions, use: Use): Dispatcher {
    if (this.#pools === undefined || !isDeepStrictEqual(options, this.#options)) {
      this.#retire();
      this.#options = options;
      this.#pools = {
        request: this.#build(options, 'request'),
        stream: this.#build(options, 'stream'),
      };
    }
    return this.#pools[use];
  }

  /** Ends everything at once, requests in flight included. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#pools = undefined;
    await Promise.all([...this.#open].map((dispatcher) => dispatcher.destroy()));
    this.#open.clear();
  }

  #retire(): void {
    for (const dispatcher of Object.values(this.#pools ?? {})) {
      const forget = (): boolean => this.#open.delete(dispatcher);
      dispatcher.close().then(forget, forget);
    }
  }

  #build(options: DispatcherOptions, use: Use): Dispatcher {
    const dispatcher = buildDispatcher(options, use, this.#timeouts);
    this.#open.add(dispatcher);
    return dispatcher;
  }
}

function buildDispatcher(options: DispatcherOptions, use: Use, timeouts: Timeouts): Dispatcher {
  const limits = limitsOf(use, timeouts);
  switch (options.type) {
    case 'proxy':
      return new ProxyAgent({ ...limits, uri: options.uri, requestTls: tlsOf(options.requestTls) });
    case 'socks':
      return new Socks5ProxyAgent(options.uri, {
        ...limits,
        requestTls: tlsOf(options.requestTls),
      });
    case 'agent':
      return new Agent({ ...limits, connect: tlsOf(options.connect, timeouts.connectMs) });
    case 'none':
      return new Agent(limits);
  }
}

function limitsOf(use: Use, timeouts: Timeouts): Omit<Agent.Options, 'connect'> {
  const streaming = use === 'stream';
  return {
    allowH2: false,
    connections: MAX_CONNECTIONS[use],
    connectTimeout: timeouts.connectMs,
    headersTimeout: timeouts.requestMs,
    // A quiet watch is a healthy one; undici would also tick twice a second to time it.
    bodyTimeout: streaming ? 0 : timeouts.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // One object is all we ask for, and no answer may eat the node's memory.
    maxResponseSize: streaming ? -1 : MAX_OBJECT_BYTES,
  };
}

/** client-node's TLS options are undici's, but for the `undefined` its types allow. */
function tlsOf(options: ConnectionOptions, timeout?: number): buildConnector.BuildOptions {
  return withoutAbsent({ ...options, timeout });
}
