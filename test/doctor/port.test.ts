import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { portChecks } from '../../src/doctor/port.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import type { ListenChoice } from '../../src/telemetry/listen-address.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type FakeProcess, fakeProcesses } from '../support/fake-processes.ts';

const CONTAINER = `/kubepods/burstable/pod0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f/${'c'.repeat(64)}`;
const NODE = ['/nodejs/bin/node', '/app/oom-recorder.js'];
const DOCTOR: FakeProcess = {
  pid: 10,
  comm: 'node',
  args: [...NODE, 'doctor'],
  cgroup: CONTAINER,
};
const AGENT: FakeProcess = { pid: 1, comm: 'node', args: [...NODE, 'run'], cgroup: CONTAINER };

const look = async (listen: ListenChoice, ...others: readonly FakeProcess[]) =>
  runChecks(portChecks(listen, fakeProcesses([DOCTOR, ...others]).processes), new FakeClock());

/** Somebody who listens, until the test is done. */
async function somebody() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, [Symbol.asyncDispose]: async () => void server.close() };
}

describe('the port', () => {
  test('can be had, and is given back', async () => {
    const { host, port, ...server } = await somebody();
    await server[Symbol.asyncDispose]();
    const expected = [{ name: 'port', status: 'ok', found: `127.0.0.1:${port} can be had` }];
    expect(await look({ host, port })).toEqual(expected);
    expect(await look({ host, port })).toEqual(expected);
  });

  test('is another’s', async () => {
    await using other = await somebody();
    const foreign = { ...AGENT, cgroup: CONTAINER.replaceAll('c'.repeat(64), 'd'.repeat(64)) };
    expect(await look(other, foreign)).toEqual([
      {
        name: 'port',
        status: 'failed',
        found: `Listening on 127.0.0.1:${other.port} failed: another process listens there`,
        fix: 'Give --listen another address, or none',
      },
    ]);
  });

  test('is in use where we were called in beside the agent', async () => {
    await using other = await somebody();
    expect(await look(other, AGENT)).toEqual([
      {
        name: 'port',
        status: 'ok',
        found: `127.0.0.1:${other.port} is in use, and this container’s own agent runs (pid 1)`,
      },
    ]);
  });

  test('is of an address that this host has not, whoever runs here', async () => {
    expect(await look({ host: '192.0.2.1', port: 0 }, AGENT)).toMatchObject([
      { status: 'failed', found: expect.stringContaining('this host has no such address') },
    ]);
  });

  test('is nobody’s business where none is wanted', async () => {
    expect(await look('none')).toEqual([]);
  });
});
