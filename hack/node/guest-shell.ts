import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { quote } from '../control-plane/export-line.ts';
import { COMMANDS_SOCKET } from './virtual-machine.ts';

/** What a command in the guest did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface ShellOptions {
  /** Given to the command's stdin. */
  readonly input?: Buffer | string;
  /** After that time the command is killed: it must not hold up the ones behind it. */
  readonly limitMs?: number;
}

const LIMIT_MS = 300_000;
/** What the way there and back may take on top. */
const GRACE_MS = 60_000;

/** The first line of the answer of guest/usr/local/sbin/guest-shell, which also says what is sent. */
const ANSWER = /^\n@(?<id>\S+) (?<code>\d+) (?<stdout>\d+) (?<stderr>\d+)\n/;
/** More than a UUID and three numbers take. */
const ANSWER_LIMIT = 200;

/**
 * Commands for the guest, over a virtio port: they need no network there, no login, and nothing of
 * Kubernetes. One is run at a time: QEMU lets the next client in when the one before has gone. What
 * is sent before the guest listens waits for it.
 */
export class GuestShell {
  readonly #directory: string;
  #last: Promise<unknown> = Promise.resolve();

  /** @param directory that of the virtual machine */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async run(command: string, options: ShellOptions = {}): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#run(command, options));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  /** The stdout of a command that must succeed; fails with its stderr in the message. */
  async check(command: string, options: ShellOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code === 0) return stdout.toString();
    const why = (stderr.length > 0 ? stderr : stdout).toString().trim();
    throw new Error(`in the guest: ${command} (exit code ${code}): ${why}`);
  }

  async #run(command: string, { input = '', limitMs = LIMIT_MS }: ShellOptions): Promise<Outcome> {
    const id = randomUUID();
    const bytes = Buffer.from(input);
    const limited = `exec timeout --kill-after=5 ${Math.ceil(limitMs / 1000)} sh -c ${quote(command)}`;
    const encoded = Buffer.from(limited).toString('base64');
    const socket = await connectTo(this.#directory, COMMANDS_SOCKET);
    try {
      socket.setTimeout(limitMs + GRACE_MS, () => {
        socket.destroy(new Error(`the guest's shell does not answer: ${command}`));
      });
      socket.write(`\nrun ${id} ${encoded} ${bytes.length} .\n`);
      socket.write(bytes);
      return await answerTo(id, socket);
    } finally {
      socket.destroy();
    }
  }
}

/** Opens one of QEMU's sockets. Through /proc, because the path to it may be longer than a socket's. */
export async function connectTo(directory: string, name: string): Promise<Socket> {
  const fd = openSync(directory, 'r');
  try {
    const socket = connect(`/proc/self/fd/${fd}/${name}`);
    await once(socket, 'connect');
    return socket;
  } finally {
    closeSync(fd);
  }
}

/** Skips what is left of the answer to a client that went away. */
async function answerTo(id: string, socket: Socket): Promise<Outcome> {
  let chunks: Buffer[] = [];
  let length = 0;
  let needed = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length < needed) continue;
    const received = Buffer.concat(chunks);
    chunks = [received];
    const start = received.indexOf(`\n@${id} `);
    if (start < 0) continue;
    const answer = parseAnswer(received.subarray(start));
    if (typeof answer !== 'number') return answer;
    needed = start + answer;
  }
  throw new Error("the guest's shell was closed");
}

/** How many bytes it is long where it is not complete. */
function parseAnswer(bytes: Buffer): Outcome | number {
  const groups = ANSWER.exec(bytes.subarray(0, ANSWER_LIMIT).toString('latin1'))?.groups;
  if (!groups) return 0;
  const head = bytes.indexOf('\n', 1) + 1;
  const middle = head + Number(groups['stdout']);
  const end = middle + Number(groups['stderr']);
  if (bytes.length < end) return end;
  return {
    code: Number(groups['code']),
    stdout: bytes.subarray(head, middle),
    stderr: bytes.subarray(middle, end),
  };
}
