import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuestShell } from '../../../hack/node/guest-shell.ts';
import { COMMANDS_SOCKET } from '../../../hack/node/virtual-machine.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), `oom-recorder-${'a-long-name-'.repeat(10)}`));
});
afterEach(() => rmSync(directory, { recursive: true }));

type Reply = (id: string, command: string, socket: Socket) => void;

/** The other end: understands one command per connection, and answers as it is told. */
async function withGuest(reply: Reply, work: (shell: GuestShell) => Promise<void>): Promise<void> {
  const guest = createServer((socket) => {
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString();
      const line = /^run (?<id>\S+) (?<command>\S+) (?<bytes>\d+) \.$/m.exec(received)?.groups;
      if (!line) return;
      reply(line['id'] ?? '', Buffer.from(line['command'] ?? '', 'base64').toString(), socket);
    });
  });
  const fd = openSync(directory, 'r'); // the path is longer than a socket's may be
  const socket = `/proc/self/fd/${fd}/${COMMANDS_SOCKET}`;
  await new Promise<void>((resolve) => guest.listen(socket, resolve));
  try {
    await work(new GuestShell(directory));
  } finally {
    guest.close();
    closeSync(fd);
  }
}

describe('a command in the guest', () => {
  test('comes back with its code and both of its outputs, byte by byte', async () => {
    const reply: Reply = (id, _, socket) => {
      socket.write(Buffer.from(`\n@${id} 3 4 2\n\0\xff\n@!`, 'latin1'));
      socket.write('?');
    };
    await withGuest(reply, async (shell) => {
      expect(await shell.run('x')).toEqual({
        code: 3,
        stdout: Buffer.from('\0\xff\n@', 'latin1'),
        stderr: Buffer.from('!?'),
      });
    });
  });

  test('is not taken in by what was left of another answer', async () => {
    const reply: Reply = (id, _, socket) => {
      socket.write(`rest of it\n@another-id 1 3 0\nabc\n@${id} 0 2 0\nok`);
    };
    await withGuest(reply, async (shell) => {
      expect(await shell.check('x')).toBe('ok');
    });
  });

  test('that fails says why', async () => {
    const reply: Reply = (id, _, socket) => socket.write(`\n@${id} 1 0 5\nnope\n`);
    await withGuest(reply, async (shell) => {
      await expect(shell.check('false')).rejects.toThrow('false (exit code 1): nope');
    });
  });

  test('waits for the one before', async () => {
    let open = 0;
    const reply: Reply = (id, command, socket) => {
      open += 1;
      expect(open).toBe(1);
      setTimeout(() => {
        open -= 1;
        socket.write(`\n@${id} 0 1 0\n${command.at(-1)}`);
      }, 5);
    };
    await withGuest(reply, async (shell) => {
      expect(await Promise.all(['a', 'b', 'c'].map((name) => shell.check(name)))).toEqual([
        'a',
        'b',
        'c',
      ]);
    });
  });

  test('whose guest goes away fails', async () => {
    await withGuest(
      (_, __, socket) => socket.end(),
      async (shell) => {
        await expect(shell.run('x')).rejects.toThrow('was closed');
      },
    );
  });
});
