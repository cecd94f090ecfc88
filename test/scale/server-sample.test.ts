import { expect, test } from 'vitest';
import { readSample, since } from './server-sample.ts';

const SERVER = `# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 2.5
process_resident_memory_bytes 3e+08
apiserver_response_sizes_sum{group="",resource="pods",scope="cluster",verb="LIST",version="v1"} 4000
apiserver_response_sizes_sum{group="",resource="nodes",scope="resource",verb="GET",version="v1"} 500
apiserver_response_sizes_sum{group="",resource="secrets",scope="cluster",verb="LIST",version="v1"} 9000
apiserver_watch_events_sizes_sum{group="",resource="pods",version="v1"} 1500
apiserver_flowcontrol_rejected_requests_total{flow_schema="service-accounts",priority_level="workload-low",reason="queue-full"} 3
apiserver_flowcontrol_rejected_requests_total{flow_schema="service-accounts",priority_level="workload-low",reason="time-out"} 4
`;
const ETCD = 'etcd_mvcc_db_total_size_in_use_in_bytes 7000\n';

test('adds up what was answered and told to agents, and what was rejected', () => {
  expect(readSample(SERVER, ETCD)).toEqual({
    cpuSeconds: 2.5,
    residentMb: 300,
    sentKb: 6,
    rejected: 7,
    etcdKb: 7,
  });
});

test('of a server that was started anew all is new, of its etcd what was added', () => {
  const before = readSample(SERVER, ETCD);
  const after = { ...before, cpuSeconds: 1, sentKb: 2, rejected: 0, etcdKb: 9 };
  expect(since(before, after)).toEqual({ ...after, etcdKb: 2 });
});
