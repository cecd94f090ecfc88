import { describe, expect, test } from 'vitest';
import { episodeFacts } from '../../src/recorder/episode-facts.ts';
import { podEntry, recordedKill } from '../support/telemetry.ts';

describe('the facts of an episode', () => {
  test('are those of the Pod that was hurt', () => {
    const members = [{ pid: 2, comm: 'worker' }];
    expect(episodeFacts(recordedKill(podEntry('web-0'), { members, limitKb: 1024 }))).toMatchObject(
      {
        namespace: 'shop',
        pod: 'web-0',
        container: 'app',
        reason: 'OOMKilling',
        limitLevel: 'container',
      },
    );
  });

  test('of a system-wide OOM are one episode, and the Pod it hurt', () => {
    const { episode, attribution } = recordedKill(podEntry('web-0'));
    const subjects = [{ kind: 'node' } as const, ...attribution.subjects];
    const facts = episodeFacts({
      episode,
      attribution: { subjects, limitLevel: 'system', source: 'kernel' },
    });
    expect(facts).toMatchObject({ pod: 'web-0', reason: 'OOMKilling', limitLevel: 'system' });
  });

  test('of the Node name no pod at all', () => {
    const facts = episodeFacts(recordedKill());
    expect(Object.keys(facts)).not.toContain('namespace');
    expect(Object.keys(facts)).not.toContain('pod');
  });
});
