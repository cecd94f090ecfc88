import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';

/** What the API server and its etcd say of themselves at one moment. */
export interface ServerSample {
  readonly cpuSeconds: number;
  readonly residentMb: number;
  /** In answers to lists and gets of the agents, and what their watches were told. */
  readonly sentKb: number;
  /** By priority and fairness, whosever they were. */
  readonly rejected: number;
  /** Of etcd's file, what is in use. */
  readonly etcdKb: number;
}

const MEGABYTE = 1e6;
const KILOBYTE = 1e3;

/** Of `apiserver_response_sizes_sum`, which knows reads only: what nobody but the agents asks for while a phase goes on. */
const ANSWERS: readonly RegExp[] = [/resource="pods".*verb="LIST"/, /resource="nodes".*verb="GET"/];

export async function sampleServer(cluster: ControlPlane): Promise<ServerSample> {
  const asked = request({ socketPath: join(cluster.directory, 'etcd.sock'), path: '/metrics' });
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
  return readSample(await cluster.kubectl(['get', '--raw', '/metrics']), await text(answer));
}

export function readSample(server: string, etcd: string): ServerSample {
  const answered = ANSWERS.map((labels) => sum(server, 'apiserver_response_sizes_sum', labels));
  const told = sum(server, 'apiserver_watch_events_sizes_sum', /resource="pods"/);
  return {
    cpuSeconds: sum(server, 'process_cpu_seconds_total'),
    residentMb: sum(server, 'process_resident_memory_bytes') / MEGABYTE,
    sentKb: answered.reduce((all, bytes) => all + bytes, told) / KILOBYTE,
    rejected: sum(server, 'apiserver_flowcontrol_rejected_requests_total'),
    etcdKb: sum(etcd, 'etcd_mvcc_db_total_size_in_use_in_bytes') / KILOBYTE,
  };
}

/** Of all series of this name that have these labels. */
function sum(metrics: string, name: string, labels = /^/): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)))
    .filter((line) => labels.test(line))
    .reduce((all, line) => all + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** What came between two samples; a server that was started anew begins at nothing. */
export function since(before: ServerSample, after: ServerSample): ServerSample {
  const grown = (of: (sample: ServerSample) => number): number =>
    of(after) < of(before) ? of(after) : of(after) - of(before);
  return {
    ...after,
    cpuSeconds: grown(({ cpuSeconds }) => cpuSeconds),
    sentKb: grown(({ sentKb }) => sentKb),
    rejected: grown(({ rejected }) => rejected),
    etcdKb: after.etcdKb - before.etcdKb,
  };
}
