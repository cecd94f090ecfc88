import { once } from 'node:events';
import { connectTo } from './guest-shell.ts';
import { CONSOLE_SOCKET } from './virtual-machine.ts';

/** Ctrl-], as in telnet: every other key is the guest's. */
const LEAVE = 0x1d;

/** A root shell in the guest, on a serial line of its own, for the person at this terminal. */
export async function openConsole(directory: string): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const socket = await connectTo(directory, CONSOLE_SOCKET);
  stderr.write('a shell in the guest; Ctrl-] leaves it\n');
  // A serial line does not know how large the terminal is.
  if (stdout.columns > 0) socket.write(` stty cols ${stdout.columns} rows ${stdout.rows}; clear\n`);
  if (stdin.isTTY) stdin.setRawMode(true);
  socket.pipe(stdout);
  stdin.on('data', (keys: Buffer) => {
    const end = keys.indexOf(LEAVE);
    socket.write(end < 0 ? keys : keys.subarray(0, end));
    if (end >= 0) socket.end();
  });
  stdin.on('end', () => socket.end());
  await once(socket, 'close');
  if (stdin.isTTY) stdin.setRawMode(false);
  stdin.destroy();
}
