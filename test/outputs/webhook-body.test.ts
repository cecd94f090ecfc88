import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AttributedEpisode } from '../../src/store/episode-history.ts';
import { webhookBody } from '../../src/outputs/webhook-client.ts';
import type { Attribution, Subject } from '../../src/pods/attribute.ts';
import { KILLED_AT_MS, podEntry, recordedKill } from '../support/telemetry.ts';

const BOOT = '3f1c2b9e-6d0a-4c39-9a51-0c7f2f6f9a10';
const CGROUP = '/kubepods/burstable/pod1/c1';
const TASK = {
  pid: 1,
  tgid: 1,
  uid: 0,
  comm: 'java',
  totalVmPages: 9,
  rssPages: 5,
  oomScoreAdj: 0,
};
const POD = podEntry('web-0');

/** With everything an episode may have. */
function queued(attribution: Partial<Attribution> = {}, members = 1): AttributedEpisode {
  const kill = recordedKill(POD, {
    constraint: 'CONSTRAINT_MEMCG',
    oomMemcg: CGROUP,
    taskMemcg: CGROUP,
    usageKb: 524_288,
    limitKb: 524_288,
    memory: { anonKb: 510_000, fileKb: 0, shmemKb: 0, kernelKb: 3200 },
    invoker: { comm: 'java', gfpMask: '0xcc0', order: 0, oomScoreAdj: 0 },
    members: Array.from({ length: members }, (_, n) => ({ pid: 5000 + n, comm: 'child' })),
    tasks: [TASK],
  });
  const owner = {
    podUid: 'path-uid',
    podPath: '/kubepods/burstable/pod1',
    containerId: 'c1',
    qos: 'burstable',
  };
  return {
    ...kill,
    attribution: { ...kill.attribution, owner, ...attribution } as Attribution,
    id: 1,
    state: 'recorded',
    bootId: BOOT,
    enteredMs: KILLED_AT_MS,
  };
}

function described(episode: AttributedEpisode, taskTables = false): Record<string, unknown> {
  const body = webhookBody([episode], { node: { name: 'node-1' }, taskTables });
  const { episodes } = JSON.parse(body) as { episodes: [Record<string, unknown>] };
  return episodes[0];
}

describe('what a webhook is sent', () => {
  test('has no Event about a Pod where none was recorded', () => {
    const wants = ({ kind }: Subject): boolean => kind === 'node';
    const body = webhookBody([queued()], { node: { name: 'n' }, wants, taskTables: false });
    expect(JSON.parse(body)).toMatchObject({ episodes: [{ pod: 'web-0', events: [] }] });
  });

  test('has a version, and an episode with its id, place, limit, processes and Events', () => {
    const body = webhookBody([queued()], { node: { name: 'node-1' }, taskTables: false });
    expect(JSON.parse(body)).toEqual({
      schemaVersion: 1,
      episodes: [
        {
          id: `${BOOT}-1000`,
          node: 'node-1',
          time: '2026-11-21T12:00:00.000Z',
          sequence: 1000,
          monotonicUs: 1,
          constraint: 'CONSTRAINT_MEMCG',
          limitLevel: 'container',
          oomMemcg: CGROUP,
          taskMemcg: CGROUP,
          namespace: 'shop',
          pod: 'web-0',
          podUid: 'uid-of-web-0',
          container: 'app',
          containerId: 'c1',
          qos: 'burstable',
          context: 'full',
          killLines: 1,
          killed: 2,
          usageKb: 524_288,
          limitKb: 524_288,
          memory: { anonKb: 510_000, fileKb: 0, shmemKb: 0, kernelKb: 3200 },
          invoker: { comm: 'java', gfpMask: '0xcc0', order: 0, oomScoreAdj: 0 },
          victim: { pid: 4242, comm: 'java' },
          members: [{ pid: 5000, comm: 'child' }],
          events: [
            {
              involvedObject: {
                apiVersion: 'v1',
                kind: 'Pod',
                namespace: 'shop',
                name: 'web-0',
                uid: 'uid-of-web-0',
                fieldPath: 'spec.containers{app}',
              },
              type: 'Warning',
              reason: 'OOMKilling',
              message: expect.stringMatching(/^Memory limit of .*container app \(512Mi\) reached/),
            },
          ],
        },
      ],
    });
  });

  test('has tables of tasks only where they are asked for', () => {
    expect(described(queued())).not.toHaveProperty('tasks');
    expect(described(queued(), true)).toMatchObject({ tasks: [TASK] });
  });

  test('names no process where nothing says which one it was', () => {
    const one = described(queued({ isOneOfSeveral: true }));
    expect(one).not.toHaveProperty('victim');
    expect(one).not.toHaveProperty('members');
  });

  test('names the Node where no pod of it was hurt, and what the path says of another', () => {
    const one = described(queued({ subjects: [{ kind: 'node' }] }));
    expect(one).toMatchObject({
      podUid: 'path-uid',
      events: [{ involvedObject: { kind: 'Node' } }],
    });
    expect(one).not.toHaveProperty('namespace');
    expect(described(queued({ subjects: [] }))).toMatchObject({ events: [] });
  });

  test('has an end, whatever was killed', () => {
    const one = described(queued({}, 100_000));
    expect(one).toMatchObject({ killed: 100_001 });
    expect(one['members']).toHaveLength(500);
  });

  test('is in docs/webhook.md, field by field, and so is the example', () => {
    const docs = readFileSync(new URL('../../docs/webhook.md', import.meta.url), 'utf8');
    const rows = [...docs.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = '']) =>
      names.split(', ').map((name) => name.replaceAll('`', '')),
    );
    const all = Object.keys(described(queued({ mainProcessSurvived: true }), true));
    expect(rows.toSorted()).toEqual(all.toSorted());

    const example: unknown = JSON.parse(/```json\n(.*?)```/s.exec(docs)?.[1] ?? '');
    const { schemaVersion, episodes } = example as { schemaVersion: number; episodes: [object] };
    expect(schemaVersion).toBe(1);
    expect(Object.keys(episodes[0]).toSorted()).toEqual(
      Object.keys(described(queued())).toSorted(),
    );
  });
});
