import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Edge } from '../edge.ts';
import type { Logger } from '../logger.ts';
import { EpisodeBacklog } from '../outputs/episode-backlog.ts';
import { type EpisodeClient, episodeOutput } from '../outputs/episode-output.ts';
import { InfluxClient } from '../outputs/influx-client.ts';
import { influxTarget, type InfluxOptions } from '../outputs/influx-target.ts';
import { WebhookClient } from '../outputs/webhook-client.ts';
import { type WebhookOptions, webhookTarget } from '../outputs/webhook-target.ts';
import { isPosted, type NamespaceChoice } from '../pods/posted-namespaces.ts';
import type { NodeRef } from '../recorder/build-event.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { ShownOutput } from '../telemetry/output-metrics.ts';

export interface OutputOptions extends InfluxOptions, WebhookOptions {}

export interface OutputParts {
  readonly store: StateStore;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where episodes go besides the API server. */
export interface EpisodeOutputs {
  readonly shown: readonly ShownOutput[];
  /** Says that there may be episodes. */
  wake(): void;
  /** Delivers what can be delivered within `withinMs`; the rest stays in the store. */
  drain(withinMs: number): Promise<void>;
}

/** The outputs that were asked for; a new one is a line here. @throws OutputOptionsError */
export function findOutputs(
  options: OutputOptions & NamespaceChoice,
  node: NodeRef,
  { env, clock }: Pick<Edge, 'env' | 'clock'>,
): readonly EpisodeClient[] {
  const readText = (path: string): string => readFileSync(path, 'utf8');
  const influx = influxTarget(options, { env, readText });
  const webhook = webhookTarget(options, readText);
  return [
    influx && new InfluxClient(influx),
    webhook &&
      new WebhookClient(webhook, { node, wants: isPosted(options), nowMs: () => clock.wallMs() }),
  ].filter((client) => client !== undefined);
}

/** Takes the store's episodes to each of them. */
export function openOutputs(
  clients: readonly EpisodeClient[],
  { store, counters, clock, log }: OutputParts,
): EpisodeOutputs {
  const opened = clients.map((client) => {
    const backlog = new EpisodeBacklog(store, client, () => clock.wallMs());
    const counts = counters.output(client.name, client.outcomes);
    const tally = (outcome: string, count: number): void => counts.add(outcome, count);
    const output = episodeOutput(client, backlog, { clock, random: Math.random, log, tally });
    return { output, shown: { client, counts, waiting: () => backlog.count() } };
  });
  const wake = (): void => opened.forEach(({ output }) => output.wake());
  wake();
  return {
    shown: opened.map(({ shown }) => shown),
    wake,
    drain: async (withinMs) => {
      await Promise.all(opened.map(({ output }) => output.drain(withinMs)));
    },
  };
}
