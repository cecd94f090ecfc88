import { Duplex } from 'node:stream';
import type { WebSocket } from 'undici';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-errors.ts';

/** Binary channels; the kubelet's only form beside SPDY and base64 (portforward/websocket.go). */
const PROTOCOL = 'v4.channel.k8s.io';
/** Of the first port: its bytes, and what went wrong with them. Each begins with the port, two bytes. */
const [DATA, ERROR] = [0, 1];
const PORT_BYTES = 2;

/** 400: it is allowed, and wants the upgrade that was left out. */
const ALLOWED = 400;

type ForwardingClient = Pick<ApiClient, 'getJson' | 'openSocket' | 'write'>;

/** A port of a Pod. */
export interface PodPort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/**
 * A connection to a port of a Pod, through the API server and the kubelet, with the caller's own rights. At its
 * other end it comes from the Pod's own loopback.
 *
 * @throws {ApiError} where it is refused, saying why as far as the API server tells
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ (connect portforward)
 */
export async function portForward(
  client: ForwardingClient,
  { namespace, name, port }: PodPort,
  signal: AbortSignal,
): Promise<Duplex> {
  const pod = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const path = `${pod}/portforward`;
  const socket = await client.openSocket(path, { ports: port }, PROTOCOL);
  socket.binaryType = 'arraybuffer';
  const stream = new ForwardedPort(socket);
  // Whoever reads is told as well.
  stream.on('error', () => {});
  if (await isOpened(socket, signal)) return stream;
  stream.destroy();
  throw await whyRefused(client, path, `port-forward to ${namespace}/${name}`, signal);
}

async function isOpened(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.addEventListener('open', () => resolve(true));
  socket.addEventListener('close', () => resolve(false));
  signal.addEventListener('abort', () => resolve(false));
  return promise;
}

/**
 * A WebSocket does not show the answer that it was refused with: the same is asked without one. It takes `get`, and
 * since Kubernetes 1.35 `create` as well (AuthorizePodWebsocketUpgradeCreatePermission).
 */
async function whyRefused(
  client: ForwardingClient,
  path: string,
  doing: string,
  signal: AbortSignal,
): Promise<ApiError> {
  const other = new Error('the API server or the kubelet opened no connection');
  const code = signal.aborted ? 'E_API_CANCELLED' : 'E_API_UNREACHABLE';
  const refused = new ApiError(doing, { code, retryable: true }, other);
  if (signal.aborted) return refused;
  const create = { method: 'POST', path, contentType: 'application/json', body: '' } as const;
  // The create first: where that is missing, the get is refused as well, in fewer words.
  const asked = await Promise.allSettled([client.write(create), client.getJson(path)]);
  const errors = asked
    .map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as unknown) : undefined))
    .filter((err) => err instanceof ApiError && err.status !== ALLOWED) as ApiError[];
  return errors.find((err) => err.code === 'E_API_FORBIDDEN') ?? errors[0] ?? refused;
}

/** The bytes of the first port of a WebSocket with channels. */
class ForwardedPort extends Duplex {
  readonly #socket: WebSocket;
  readonly #greeted = new Set<number>();

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer) this.#receive(Buffer.from(data));
    });
    socket.addEventListener('close', () => this.push(null));
    socket.addEventListener('error', () => this.destroy(new Error('the port-forward broke')));
  }

  #receive(frame: Buffer): void {
    const channel = frame[0] ?? DATA;
    const isFirst = !this.#greeted.has(channel);
    this.#greeted.add(channel);
    const bytes = frame.subarray(1 + (isFirst ? PORT_BYTES : 0));
    if (bytes.length === 0) return;
    if (channel === DATA) this.push(bytes);
    if (channel === ERROR) this.destroy(new Error(bytes.toString('utf8')));
  }

  override _read(): void {
    // A WebSocket cannot be told to wait: one answer, whose reader sets its limit, is all that comes.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]));
    done();
  }

  override _destroy(err: Error | null, done: (err: Error | null) => void): void {
    this.#socket.close();
    done(err);
  }
}
