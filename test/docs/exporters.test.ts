import { globSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { attribute } from '../../src/pods/attribute.ts';
import { recordEpisode } from '../../src/recorder/recorded-episode.ts';
import { numberedPods } from '../support/kill-report.ts';
import { episodesOf, recordingNames, recordsOf } from '../support/recordings.ts';

const ORIGIN = { node: { name: 'node-1' }, bootId: 'boot-1' };
const REASONS = ['OOMKilling', 'SystemOOM'];

const events = recordingNames.flatMap((name) =>
  episodesOf(recordsOf(name)).flatMap(
    (episode) => recordEpisode(episode, attribute(episode, numberedPods), ORIGIN).events,
  ),
);

test('the Events of all recorded kernels have what exporters key on', () => {
  expect(events.length).toBeGreaterThan(recordingNames.length);
  for (const event of events) {
    expect(event.count).toBeGreaterThan(0);
    expect(event.lastTimestamp).toBeInstanceOf(Date);
    expect(event).not.toHaveProperty('eventTime');
    expect(event.involvedObject.uid).toBeTruthy();
    expect(event.source).toEqual({ component: 'oom-recorder', host: 'node-1' });
    expect(REASONS).toContain(event.reason);
  }
});

test.each(globSync('manifests/examples/exporters/*.yaml'))('%s names reasons of ours', (file) => {
  const text = readFileSync(file, 'utf8');
  expect(load(text)).toBeTypeOf('object');
  expect(text).toMatch(/OOMKilling|source=oom-recorder/);
});
