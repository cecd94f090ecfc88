import { Point } from '@influxdata/influxdb-client';
import type { EpisodeFacts } from '../recorder/episode-facts.ts';

/** The names the agent plugin before us wrote; dashboards are built on them. */
const MEASUREMENT = 'container_oom_events';
const FIELD = 'container_oom_events_total';

const NS_PER_MS = 1_000_000n;

/**
 * An episode as a point. InfluxDB keeps one point per measurement, tag set and timestamp, so the
 * kernel's sequence fills the digits below the millisecond: two kills never share a timestamp, and
 * the same kill, written twice, has the same one.
 */
export function influxPoint(episode: EpisodeFacts): Point {
  const { namespace = '', pod = '', container = '', reason, limitLevel = '' } = episode;
  // Tags without a value are left out: the protocol knows no empty ones.
  return new Point(MEASUREMENT)
    .tag('namespace', namespace)
    .tag('podname', pod)
    .tag('container', container)
    .tag('reason', reason)
    .tag('limit_level', limitLevel)
    .floatField(FIELD, 1)
    .timestamp(String(timestampNs(episode)));
}

/** More than a million records within a millisecond is more than any kernel prints. */
function timestampNs({ atMs, sequence }: EpisodeFacts): bigint {
  return BigInt(Math.floor(atMs)) * NS_PER_MS + (BigInt(sequence) % NS_PER_MS);
}
