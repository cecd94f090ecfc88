import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { LocalServer } from './local-server.ts';

const SCRAPE = join(import.meta.dirname, '../../manifests/monitoring/scrape.yaml');

/** A real Prometheus that scrapes one agent every second, by the job that people get. */
export class Prometheus implements AsyncDisposable {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  /** @param port the agent's, on loopback */
  static async open(port: number): Promise<Prometheus> {
    const server = await LocalServer.prepare('prometheus');
    const file = join(server.directory, 'prometheus.yml');
    await writeFile(file, config(port));
    const command = [
      'prometheus',
      `--config.file=${file}`,
      `--storage.tsdb.path=${server.directory}/data`,
      `--web.listen-address=127.0.0.1:${server.port}`,
    ];
    await server.start(command, '/-/ready');
    return new Prometheus(server);
  }

  /** Each series with its labels, and its value as Prometheus writes it. */
  async query(expression: string): Promise<readonly { readonly value: string }[]> {
    const question = `${this.#server.url}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = (await (await fetch(question)).json()) as {
      data: { result: { metric: object; value: [number, string] }[] };
    };
    return answer.data.result.map(({ metric, value }) => ({ ...metric, value: value[1] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** With one target: Debian's Prometheus knows no Kubernetes. */
function config(port: number): string {
  const { scrape_configs } = loadYaml<{ scrape_configs: [object] }>(readFileSync(SCRAPE, 'utf8'));
  const [job] = scrape_configs;
  const here = { static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  const elsewhere = { kubernetes_sd_configs: undefined, relabel_configs: undefined };
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ ...job, ...elsewhere, ...here }],
  });
}
