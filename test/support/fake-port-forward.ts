import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [BINARY, CLOSE] = [2, 8];
const [DATA, ERROR] = [0, 1];

/** What is behind `pods/NAME/portforward?ports=PORT`: a port of this machine, or what the kubelet says instead. */
export type Behind = (url: URL) => number | { readonly error: string } | undefined;

/**
 * Stands for an API server and a kubelet that forward ports over a WebSocket, as `portforward/websocket.go` of
 * the kubelet does it: `v4.channel.k8s.io`, one channel of data and one of errors, each beginning with the port.
 * What it does not have: SPDY, several ports, and rights, which whoever is before it judges.
 */
export function servePortForward(server: Server, behind: Behind): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const target = behind(url);
    const isAsked = request.headers['sec-websocket-protocol'] === 'v4.channel.k8s.io';
    if (target === undefined || !isAsked) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    socket.on('error', () => {});
    const key = `${request.headers['sec-websocket-key']}${GUID}`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`,
    );
    const port = Buffer.alloc(2);
    port.writeUInt16LE(Number(url.searchParams.get('ports')));
    for (const channel of [DATA, ERROR]) socket.write(frame(channel, port));
    if (typeof target !== 'number') socket.write(frame(ERROR, Buffer.from(target.error)));
    else join(socket, connect(target, '127.0.0.1'));
  });
}

function join(socket: Duplex, port: Socket): void {
  let received = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    for (let next = unframe(received); next !== undefined; next = unframe(received)) {
      received = received.subarray(next.length);
      if (next.opcode === CLOSE) port.destroy();
      if (next.opcode === BINARY && next.payload[0] === DATA) port.write(next.payload.subarray(1));
    }
  });
  socket.on('close', () => port.destroy());
  port.on('error', () => socket.end());
  port.on('data', (bytes: Buffer) => socket.write(frame(DATA, bytes)));
  port.on('end', () => socket.end(Buffer.of(0x80 | CLOSE, 0)));
}

/** One unmasked binary message. */
function frame(channel: number, bytes: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.of(channel), bytes]);
  const head = Buffer.alloc(payload.length < 126 ? 2 : 10);
  head[0] = 0x80 | BINARY;
  head[1] = payload.length < 126 ? payload.length : 127;
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly length: number;
}

/** The first whole message of a client, which masks what it sends; ours are short. */
function unframe(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const at = short === 126 ? 4 : 2;
  if (bytes.length < at + 4) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = at + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, length));
  for (let n = 0; n < size; n += 1) payload[n] = (payload[n] ?? 0) ^ (mask[n % 4] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, length };
}
