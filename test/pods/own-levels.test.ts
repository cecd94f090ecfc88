import { expect, test } from 'vitest';
import { cgroupOwners } from '../../src/oom/cgroup-path.ts';
import { OwnLevels } from '../../src/pods/own-levels.ts';
import { anEpisode, aPod } from '../support/an-episode.ts';
import { CONTAINER } from '../support/oom-lines.ts';

const HERE = aPod();
const pods = {
  byCgroupUid: (uid: string) => (uid === HERE.cgroupUid ? HERE : undefined),
};
const OTHER = '/kubepods/burstable/pod11111111-0000-4000-8000-000000000002';

/** Whether a pod that is not known stands, behind `above`, where the node's own do. */
function shows(path: string, above = ''): boolean {
  const levels = new OwnLevels();
  levels.see(anEpisode({ taskMemcg: path }), pods);
  const [owner] = cgroupOwners(`${above}${OTHER}`);
  return owner !== undefined && levels.has(owner);
}

test.each([
  ['a kill in a container of the node’s own', true, CONTAINER],
  ['one in a cgroup that the container made', true, `${CONTAINER}${OTHER}`],
  ['one below another pod, which may have made the path', false, `${OTHER}/a${CONTAINER}`],
  ['one in a pod that is not known', false, `${OTHER}/${'b'.repeat(64)}`],
  ['one in a container that is in no status', false, CONTAINER.replace(/.$/, 'b')],
  ['one outside of pods', false, '/system.slice/foo.service'],
])('%s shows where the node’s own pods stand: %s', (_, is, path) => {
  expect(shows(path)).toBe(is);
});

test('it shows that of its own level, and of no other', () => {
  const docker = `/docker/${'d'.repeat(64)}`;
  expect(shows(`${docker}${CONTAINER}`, docker)).toBe(true);
  expect(shows(`${docker}${CONTAINER}`)).toBe(false);
});
