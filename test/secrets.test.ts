import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli } from '../src/cli.ts';
import { type Certificate, makeCertificate } from './support/certificates.ts';
import {
  answerStatus,
  type Behaviour,
  echo,
  type MisbehavingServer,
  reset,
  startMisbehavingServer,
} from './support/misbehaving-server.ts';
import { CONTAINER, groupLine, HEADER, killLine, oomKillLine } from './support/oom-lines.ts';
import { SYSTEM_CLOCK } from './support/system-clock.ts';
import { tempDirectory } from './support/temp-directory.ts';

/** In everything that is secret in this test, and in nothing else. */
const SECRET = 'sesame';
const SECRETS = new RegExp([SECRET, base64(SECRET).slice(0, 8)].join('|'), 'i');

let certificate: Certificate;
let api: MisbehavingServer;
let influx: Server;
let influxUrl: string;

/** Answers with the request it got, as an echo server does that is an ingress's default backend. */
const echoRequest: Behaviour = ({ request, response }) => {
  response.writeHead(400, { 'Content-Type': 'text/plain' });
  response.end(`${request.method} ${request.url}\n${request.rawHeaders.join(': ')}\n`);
};
const echoJson: Behaviour = ({ request, response }) => {
  response.writeHead(403, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ headers: request.headers }, undefined, 2));
};

beforeAll(async () => {
  certificate = makeCertificate('api');
  api = await startMisbehavingServer(certificate);
  influx = createServer((request, response) => {
    response.writeHead(401, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error: `unauthorized: ${JSON.stringify(request.headers)}` }));
  });
  influx.listen(0, '127.0.0.1');
  await once(influx, 'listening');
  influxUrl = `http://127.0.0.1:${(influx.address() as AddressInfo).port}`;
});
afterAll(async () => {
  influx.close();
  await api[Symbol.asyncDispose]();
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function writeSecret(name: string, text: string): string {
  const file = join(tempDirectory(), name);
  writeFileSync(file, text);
  return file;
}

function kubeconfig(cluster: object, user: object): string {
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  return writeSecret('config', JSON.stringify(config));
}

function cluster(more: object = {}): object {
  const server = api.url.replace('https://', `https://me:${SECRET}@`);
  return { server, 'certificate-authority-data': base64(certificate.cert), ...more };
}

interface Said {
  readonly code: number;
  /** On stdout and stderr, at `/`, `/metrics` and `/readyz`. */
  readonly all: string;
}

interface Agent {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it when this was said, if it does not end by itself. */
  readonly until?: RegExp;
}

/** Runs the command line, reads what it shows meanwhile, and ends it. */
async function hear({ args, env = {}, until }: Agent): Promise<Said> {
  let said = '';
  const note = (text: string): void => void (said += text);
  const stop = new AbortController();
  const code = runCli(['node', 'oom-recorder', ...args], {
    env: { HOME: '/nonexistent', ...env },
    stdin: Readable.from([]),
    print: note,

    flush: () => Promise.resolve(),
    printError: note,
    isTerminal: false,
    clock: SYSTEM_CLOCK,
    onExit: () => () => undefined,
    runtime: process,
    signal: stop.signal,
  });
  if (until !== undefined) {
    await vi.waitFor(() => expect(said).toMatch(until), { timeout: 10_000, interval: 20 });
    const port = /"port":(?<port>\d+)/.exec(said)?.groups?.['port'];
    for (const path of ['', 'metrics', 'readyz'])
      note(await (await fetch(`http://127.0.0.1:${port}/${path}`)).text());
    stop.abort();
  }
  return { code: await code, all: said };
}

/** An agent with a kill of the Node's to tell at once, and one of a pod that it cannot ask for. */
function agentWith(flags: readonly string[]): string[] {
  const lines = [7, 8].flatMap((pid) => {
    const memcg = pid === 7 ? '/system.slice/batch.service' : CONTAINER;
    return [HEADER, oomKillLine(pid, memcg), killLine(pid), groupLine(memcg), killLine(pid)];
  });
  const records = lines.map((line, at) => `6,${at + 1},${(at + 1) * 1000},-;${line}\n`);
  const kmsg = writeSecret('kmsg', records.join(''));
  const fixed = ['--kmsg', kmsg, '--node-name', 'node-1', '--listen', '127.0.0.1:0'];
  return ['run', ...fixed, '--log-level', 'debug', ...flags];
}

const TOKEN = { token: `token-${SECRET}` };
const BASIC = { username: 'me', password: SECRET };

function brokenKey(): object {
  const key = `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`;
  const data = [certificate.cert, key].map(base64);
  return { 'client-certificate-data': data[0], 'client-key-data': data[1] };
}

function plugin(script: string, command = 'sh'): object {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const env = [{ name: 'WORD', value: SECRET }];
  return { exec: { apiVersion, command, args: ['-c', script], env } };
}

const proxy = (url: string): object => ({ 'proxy-url': url });

/** Each with what the log says of it: that is how far the credential came. */
const FAILURES: readonly (readonly [string, Behaviour, object, () => object, string])[] = [
  ['to a server that refuses', answerStatus(401), {}, () => TOKEN, 'HTTP 401'],
  ['to one that shows the request', echoRequest, {}, () => TOKEN, 'Authorization: Bearer'],
  ['to one that shows it as JSON', echoJson, {}, () => BASIC, 'authorization'],
  ['to one that hangs up', reset, {}, () => BASIC, 'closed'],
  ['of a client key that is none', echo, {}, brokenKey, 'E_API_UNREACHABLE'],
  ['of a token that is no header', echo, {}, () => ({ token: `${SECRET}\n` }), 'invalid'],
  ['of a plugin that prints no JSON', echo, {}, () => plugin('echo "$WORD"'), 'no JSON'],
  ['of a plugin that fails', echo, {}, () => plugin('echo log in >&2; exit 1'), 'log in'],
  ['of a plugin that is not there', echo, {}, () => plugin('', '/nonexistent'), 'ENOENT'],
  [
    'of a dead proxy',
    echo,
    proxy(`http://me:${SECRET}@127.0.0.1:9`),
    () => TOKEN,
    'E_API_UNREACHABLE',
  ],
  [
    'of a proxy that is none',
    echo,
    proxy(`http://me:${SECRET}@a b`),
    () => TOKEN,
    'E_API_UNREACHABLE',
  ],
];

describe('no credential comes out', () => {
  test.each(FAILURES)('%s', { timeout: 20_000 }, async (_name, behaviour, more, user, words) => {
    api.behave(behaviour);
    const args = agentWith(['--kubeconfig', kubeconfig(cluster(more), user())]);
    const { all } = await hear({ args, until: /cannot post events/ });
    expect(all).toContain(`posting Events to ${api.url}`);
    expect(all).toContain(words);
    expect(all).not.toMatch(SECRETS);
  });

  test.each(FAILURES)(
    'of a doctor: %s',
    { timeout: 20_000 },
    async (_name, behaviour, more, user) => {
      api.behave(behaviour);
      const asked = ['--kubeconfig', kubeconfig(cluster(more), user()), '--node-name', 'node-1'];
      const { all } = await hear({ args: ['doctor', ...asked] });
      expect(all).toMatch(/[✔✘–] API server +https:/);
      expect(all).not.toMatch(SECRETS);
    },
  );

  const v1 = () => ['--influx-url', influxUrl, '--influx-database', 'oom', '--influx-user', 'me'];
  const v2 = () => ['--influx-url', influxUrl, '--influx-bucket', 'b', '--influx-org', 'o'];

  test.each<readonly [string, () => string[], Readonly<Record<string, string>>]>([
    ['password file', () => [...v1(), '--influx-password-file', writeSecret('p', SECRET)], {}],
    ['password', v1, { OOM_RECORDER_INFLUX_PASSWORD: SECRET }],
    ['token file', () => [...v2(), '--influx-token-file', writeSecret('t', SECRET)], {}],
    ['token', v2, { OOM_RECORDER_INFLUX_TOKEN: SECRET }],
    ['token that is no header', v2, { OOM_RECORDER_INFLUX_TOKEN: `${SECRET}\n` }],
  ])('of the %s of an InfluxDB that shows the request', async (_name, flags, env) => {
    const { all } = await hear({ args: agentWith(flags()), env });
    expect(all).toContain('E_INFLUX_');
    expect(all).not.toMatch(SECRETS);
  });

  test.each<readonly [string, () => string, string]>([
    ['that shows the request', () => influxUrl, 'E_WEBHOOK_REFUSED'],
    ['whose certificate is not trusted', () => api.url, 'E_WEBHOOK_AWAY'],
    ['that is away', () => 'http://127.0.0.1:9', 'E_WEBHOOK_AWAY'],
  ])('of a webhook %s', async (_name, url, words) => {
    const place = `${url()}/${SECRET}?token=${SECRET}#${SECRET}`;
    const flags = ['--webhook-url', place, '--webhook-secret-file', writeSecret('w', SECRET)];
    api.behave(answerStatus(401)); // so that it goes on, and can be asked for its page
    const agent = agentWith(['--kubeconfig', kubeconfig(cluster(), TOKEN), ...flags]);
    const { all } = await hear({ args: agent, until: new RegExp(words) });
    expect(all).toContain('oom_recorder_webhook_episodes_total');
    expect(all).not.toMatch(SECRETS);
  });

  const broken = (server: string): string[] => ['--kubeconfig', kubeconfig({ server }, TOKEN)];
  test.each<readonly [string, () => string[]]>([
    ['a server without a scheme', () => broken(`me:${SECRET}@10.0.0.1`)],
    ['a server that is no URL', () => broken(`https://me:${SECRET}@a b`)],
    ['a server of another scheme', () => broken(`ftp://me:${SECRET}@host`)],
    [
      'a kubeconfig that is none',
      () => ['--kubeconfig', writeSecret('c', `token: ${SECRET}\n\t- {{`)],
    ],
    ['an InfluxDB with a user in its URL', () => influxAt(`http://me:${SECRET}@influx`)],
    ['an InfluxDB without a scheme', () => influxAt(`me:${SECRET}@influx:8086`)],
    ['an InfluxDB with a query', () => influxAt(`http://influx:8086?u=me&p=${SECRET}`)],
    ['a webhook with a user in its URL', () => webhookAt(`http://me:${SECRET}@hook`)],
    ['a webhook without a scheme', () => webhookAt(`me:${SECRET}@hook/${SECRET}`)],
    ['a webhook that is no URL', () => webhookAt(`https://a b/?token=${SECRET}`)],
    ['a flag that is none', () => ['--nonsense']],
    ['a value that is none', () => ['--listen', 'nonsense']],
    ['a request for help', () => ['--webhook-url', `http://h?${SECRET}`, '--help']],
  ])('with %s', async (_name, flags) => {
    const env = { OOM_RECORDER_INFLUX_PASSWORD: SECRET, OOM_RECORDER_INFLUX_TOKEN: SECRET };
    const { all } = await hear({ args: agentWith(flags()), env });
    expect(all).not.toBe('');
    expect(all).not.toMatch(SECRETS);
  });
});

function webhookAt(url: string): string[] {
  return ['--webhook-url', url, '--webhook-secret-file', writeSecret('w', SECRET)];
}

function influxAt(url: string): string[] {
  return ['--influx-url', url, '--influx-database', 'oom'];
}
