import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { MAX_PENDING } from '../../src/store/episode-table.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { type AgentProcess, startAgent } from '../support/agent-process.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { FastDirectory } from '../support/fast-directory.ts';
import { killReport, numberedPodJson } from '../support/kill-report.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { peakMemoryKb } from '../support/peak-memory.ts';
import {
  answerJson,
  answerStatus,
  type Behaviour,
  echo,
  type MisbehavingServer,
  startMisbehavingServer,
} from '../support/misbehaving-server.ts';

const DOCKERFILE = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
/** What the image gives V8; the heap ends at 96 MB. */
const FLAGS = DOCKERFILE.match(/--max-[\w-]+=\d+/g) ?? [];
/** The DaemonSet's limit. */
const MEMORY_LIMIT_KB = 256 * 1024;
/** Each of another pod. That many were too many for the heap, when an episode waited as a whole. */
const KILLS = 4500;
/** What is left of an agent that died again and again, with fifty tasks each. */
const LEFT = 6000;
const RECORDS = 4;
const NEWS_MS = { timeout: 55_000, interval: 250 };
const CLOSED = 'https://127.0.0.1:1';

const certificate: Certificate = makeCertificate('api');
let directory: FastDirectory;
let api: MisbehavingServer;

beforeEach(async () => {
  directory = new FastDirectory();
  api = await startMisbehavingServer(certificate);
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

function stateDir(): string {
  return join(directory.path, 'state');
}

/** A saved log, made as it is needed. */
function writeLog(kills: number): string {
  const path = join(directory.path, 'kmsg');
  const file = openSync(path, 'w');
  for (let pod = 1; pod <= kills; pod += 1) {
    const at = { sequence: pod * RECORDS, monotonicUs: 1_000_000 + pod * 10_000 };
    writeSync(file, killReport({ ...at, pod, pid: 1000 + pod }).join(''));
  }
  closeSync(file);
  return path;
}

async function start(kmsg: string, server: string): Promise<AgentProcess> {
  const trust = { 'certificate-authority-data': Buffer.from(certificate.cert).toString('base64') };
  const config = {
    clusters: [{ name: 'c', cluster: { server, ...trust } }],
    users: [{ name: 'u', user: { token: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  const kubeconfig = join(directory.path, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(config));
  const fixed = ['--node-name=node-1', '--listen=none', '--start-at=now'];
  const where = [`--kmsg=${kmsg}`, `--kubeconfig=${kubeconfig}`, `--state-dir=${stateDir()}`];
  const agent = await startAgent([...fixed, ...where], process.env, undefined, FLAGS);
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return agent;
}

/** An API server with these pods, which takes every Event. */
function healthy(pods: readonly number[]): Behaviour {
  const items = pods.map(numberedPodJson);
  const list = answerJson(200, { kind: 'PodList', metadata: { resourceVersion: '7' }, items });
  const watch: Behaviour = ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
  };
  return (exchange) => {
    const { method, url = '' } = exchange.request;
    if (method === 'POST') return echo(exchange);
    if (method === 'PATCH') return answerJson(200, {})(exchange);
    if (url.startsWith('/api/v1/pods')) return (url.includes('watch=') ? watch : list)(exchange);
    answerStatus(404)(exchange);
  };
}

interface Stored {
  readonly state: string;
  readonly subject: string | null;
  readonly early: number;
}

/** Of each episode, the oldest first. */
function stored(): readonly Stored[] {
  using db = new DatabaseSync(join(stateDir(), 'state.db'), { readOnly: true });
  const sql = `SELECT state, coalesce(attribution ->> '$.subjects[0].pod.name',
    attribution ->> '$.subjects[0].kind') AS subject,
    coalesce(attribution ->> '$.isEarly', 0) AS early FROM episodes ORDER BY id`;
  return db.prepare(sql).all() as unknown as Stored[];
}

function pending(): number {
  return stored().filter(({ state }) => state === 'pending').length;
}

/** Waits until so many are stored and so many of them pending; an agent that dies meanwhile fails. */
async function whenStored(agent: AgentProcess, all: number, most: number): Promise<void> {
  await vi.waitFor(() => {
    expectBounded(agent);
    expect(stored()).toHaveLength(all);
    expect(pending()).toBeLessThanOrEqual(most);
  }, NEWS_MS);
}

/** It ends with exit code 0 when the log is at its end and nothing is pending. */
function expectBounded({ child, log }: AgentProcess): void {
  const ended = child.exitCode ?? child.signalCode;
  if (ended === 0) return;
  if (ended !== null) throw new Error(`the agent died (${ended}):\n${log.slice(-3).join('\n')}`);
  expect(peakMemoryKb(child.pid) ?? 0).toBeLessThan(MEMORY_LIMIT_KB);
}

function postedOn(kind: string): readonly string[] {
  return api.requests
    .filter(({ request }) => request.method === 'POST')
    .map(({ body }) => JSON.parse(body).involvedObject)
    .filter((object) => object.kind === kind)
    .map(({ name }) => name);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

describe('thousands of kills in pods nobody can ask for', () => {
  test('wait in bounded memory, and an API server that is back settles them', async () => {
    const kmsg = writeLog(KILLS);
    const agent = await start(kmsg, CLOSED);
    await whenStored(agent, KILLS, MAX_PENDING);
    const overflow = stored().filter(({ state }) => state === 'recorded');
    expect(overflow.length).toBeGreaterThanOrEqual(KILLS - MAX_PENDING);
    expect(new Set(overflow.map(({ subject, early }) => `${subject} ${early}`))).toEqual(
      new Set(['node 1']),
    );
    expect(agent.log.join('\n')).toContain('too many episodes are pending');
    await agent.stop('SIGKILL');

    const here = range(KILLS - 49, KILLS);
    api.behave(healthy(here));
    const next = await start(kmsg, api.url);
    await whenStored(next, KILLS, 0);
    const names = here.map((pod) => `pod-${pod}`);
    expect(stored().slice(-here.length)).toEqual(
      names.map((subject) => ({ state: 'recorded', subject, early: 0 })),
    );
    await vi.waitFor(() => expect(new Set(postedOn('Pod'))).toEqual(new Set(names)), NEWS_MS);
    expect(postedOn('Pod')).toHaveLength(names.length);
    expect(await next.stop()).toBe(0);
  });

  test('that an agent died of are no burden to the next one', async () => {
    const nowMs = (): number => Date.now();
    const tasks = range(1, 50).map((pid) => ({
      pid,
      tgid: pid,
      uid: 0,
      comm: `java${pid}`,
      totalVmPages: 22_500,
      rssPages: 15_000,
      rssAnonPages: 15_000,
      rssFilePages: 0,
      rssShmemPages: 0,
      pgtablesBytes: 204_800,
      swapEntries: 0,
      oomScoreAdj: 900,
    }));
    {
      const options = { directory: stateDir(), historyMax: 10_000, log: new MemoryLog(), nowMs };
      using store = new StateStore(options);
      store.transaction(() => {
        for (const pod of range(1, LEFT)) {
          const episode = { ...makeEpisode({ sequence: pod, pod }), atMs: nowMs(), tasks };
          const facts = { bootId: 'boot-1', state: 'pending', enteredMs: nowMs() } as const;
          store.episodes.add({ ...facts, episode });
        }
      });
    }
    api.behave(healthy([LEFT]));
    const agent = await start(writeLog(0), api.url);
    await whenStored(agent, LEFT, 0);
    expect(stored().at(-1)).toEqual({ state: 'recorded', subject: `pod-${LEFT}`, early: 0 });
    expect(stored().filter(({ early }) => early === 1)).toHaveLength(LEFT - MAX_PENDING);
  });
});
