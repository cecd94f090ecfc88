import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { LocalServer } from './local-server.ts';

const MONITORING = join(import.meta.dirname, '../../manifests/monitoring');
const SCRAPE = join(MONITORING, 'scrape.yaml');
const RULES = join(MONITORING, 'rules.yaml');

/** As Prometheus sends it to an Alertmanager. */
interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A real Prometheus that scrapes one agent every second, by the job and with the rules that people get. */
export class Prometheus implements AsyncDisposable {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  /**
   * @param port the agent's, on loopback
   * @param job what its job has besides
   */
  static async open(port: number, job: object = {}): Promise<Prometheus> {
    const server = await LocalServer.prepare('prometheus');
    const file = join(server.directory, 'prometheus.yml');
    await writeFile(file, config(port, job));
    const command = [
      'prometheus',
      `--config.file=${file}`,
      `--storage.tsdb.path=${server.directory}/data`,
      `--web.listen-address=127.0.0.1:${server.port}`,
      '--enable-feature=exemplar-storage',
    ];
    await server.start(command, '/-/ready');
    return new Prometheus(server);
  }

  /** Each series with its labels, and its value as Prometheus writes it. */
  async query(expression: string): Promise<readonly { readonly value: string }[]> {
    type Answer = { result: { metric: object; value: [number, string] }[] };
    const { result } = await this.#ask<Answer>(`query?query=${encodeURIComponent(expression)}`);
    return result.map(({ metric, value }) => ({ ...metric, value: value[1] }));
  }

  /** The samples of each series from then on, one a step. */
  async queryRange(
    expression: string,
    { fromMs, stepSeconds }: { readonly fromMs: number; readonly stepSeconds: number },
  ): Promise<readonly { readonly values: readonly number[] }[]> {
    type Answer = { result: { metric: object; values: [number, string][] }[] };
    const range = `start=${fromMs / 1000}&end=${Date.now() / 1000}&step=${stepSeconds}`;
    const question = `query_range?${range}&query=${encodeURIComponent(expression)}`;
    const { result } = await this.#ask<Answer>(question);
    return result.map(({ metric, values }) => ({
      ...metric,
      values: values.map(([, value]) => Number(value)),
    }));
  }

  /** What fires or is about to. */
  async alerts(): Promise<readonly Alert[]> {
    const { alerts } = await this.#ask<{ alerts: readonly Alert[] }>('alerts');
    return alerts;
  }

  /** The labels of the exemplars of the last minute. */
  async exemplars(selector: string): Promise<readonly object[]> {
    const now = Date.now() / 1000;
    const range = `start=${now - 60}&end=${now + 1}`;
    const question = `query_exemplars?${range}&query=${encodeURIComponent(selector)}`;
    const series = await this.#ask<{ exemplars: { labels: object }[] }[]>(question);
    return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
  }

  async #ask<T>(question: string): Promise<T> {
    const answer = await fetch(`${this.#server.url}/api/v1/${question}`);
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`Prometheus: ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** With one target: Debian's Prometheus knows no Kubernetes. */
function config(port: number, more: object): string {
  const { scrape_configs } = loadYaml<{ scrape_configs: [object] }>(readFileSync(SCRAPE, 'utf8'));
  const [job] = scrape_configs;
  const here = { static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  const elsewhere = { kubernetes_sd_configs: undefined, relabel_configs: undefined };
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: [{ ...job, ...elsewhere, ...here, ...more }],
  });
}
