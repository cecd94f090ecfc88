import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ByteString } from '../kmsg/record.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16: readonly { readonly bom: Buffer; readonly encoding: 'utf-16le' | 'utf-16be' }[] = [
  { bom: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { bom: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
];
/** The longest of these. */
const MARK_BYTES = 3;

/**
 * The text of a log, whatever it is packed in: gzip is unpacked, UTF-16 with a byte order mark (what
 * PowerShell's `>` writes) becomes UTF-8. As bytes, one per UTF-16 unit: names need not be UTF-8.
 */
export async function* decodeBytes(chunks: AsyncIterable<Buffer>): AsyncGenerator<ByteString> {
  const { head, all } = await peek(chunks);
  if (startsWith(head, GZIP)) return yield* decodeBytes(gunzip(all));
  const utf16 = UTF16.find(({ bom }) => startsWith(head, bom));
  if (utf16 !== undefined) return yield* decodeUtf16(all, utf16.encoding);
  let isFirst = startsWith(head, UTF8_BOM);
  for await (const chunk of all) {
    yield chunk.toString('latin1', isFirst ? UTF8_BOM.length : 0);
    isFirst = false;
  }
}

function startsWith(bytes: Buffer, mark: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark);
}

/** The first bytes, without taking them away. */
async function peek(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MARK_BYTES) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  return { head, all: withHead(head, iterator) };
}

async function* withHead(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = Readable.from(chunks);
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    yield* unpacked;
  } finally {
    packed.destroy();
  }
}

async function* decodeUtf16(
  chunks: AsyncIterable<Buffer>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<ByteString> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) {
    yield Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8').toString('latin1');
  }
}
