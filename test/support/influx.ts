import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../hack/control-plane/commands.ts';
import { LocalServer } from './local-server.ts';

const [USER, PASSWORD] = ['agent', "it's a secret: ä"];
export const INFLUX_LOGIN = { user: USER, password: PASSWORD } as const;
export const INFLUX_DATABASE = 'oom';

const config = (directory: string, port: number) => `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "${directory}/meta"
[data]
dir = "${directory}/data"
wal-dir = "${directory}/wal"
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = true
`;

/** A real InfluxDB 1.6 with a user and, once it was created, a database. */
export class Influx implements AsyncDisposable {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  static async open(): Promise<Influx> {
    const influx = new Influx(await LocalServer.prepare('influxd'));
    await influx.start();
    const quoted = PASSWORD.replaceAll("'", String.raw`\'`);
    await influx.#query(`CREATE USER ${USER} WITH PASSWORD '${quoted}' WITH ALL PRIVILEGES`);
    return influx;
  }

  get url(): string {
    return this.#server.url;
  }

  /** For the first time, or again. */
  async start(): Promise<void> {
    const { directory, port } = this.#server;
    const file = join(directory, 'influxdb.conf');
    await mkdir(directory, { recursive: true });
    await writeFile(file, config(directory, port));
    await this.#server.start(['influxd', 'run', '-config', file], '/ping');
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** @param more e.g. `WITH DURATION 1h` */
  async createDatabase(more = ''): Promise<void> {
    const login = `&u=${USER}&p=${encodeURIComponent(PASSWORD)}`;
    await this.#query(`CREATE DATABASE ${INFLUX_DATABASE} ${more}`, login);
  }

  /** The rows of `SELECT …` as InfluxDB's own client prints them, the head first. */
  async select(what: string): Promise<string[][]> {
    const args = ['-port', String(this.#server.port), '-username', USER, '-password', PASSWORD];
    const query = ['-database', INFLUX_DATABASE, '-format', 'csv', '-execute', `SELECT ${what}`];
    const printed = await run('influx', [...args, ...query]);
    return printed
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(','));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  /** InfluxDB answers 200 as soon as it has understood; the body says that it is done, or what went wrong. */
  async #query(q: string, login = ''): Promise<void> {
    const url = `${this.url}/query?q=${encodeURIComponent(q)}${login}`;
    const answer = await fetch(url, { method: 'POST' });
    const body = await answer.text();
    if (!answer.ok || body.includes('"error"')) throw new Error(`${q}: ${answer.status} ${body}`);
  }
}
