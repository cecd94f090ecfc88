import { describe, expect, test } from 'vitest';
import { explain } from '../../src/explain/explain.ts';
import { renderHtml } from '../../src/explain/render-html.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import { aBareEpisode } from '../support/an-episode.ts';
import {
  aListedEpisode,
  anAttribution,
  aSystemEpisode,
  aTask,
  ofCgroup,
} from '../support/explained.ts';
import { episodesOf, recordingNames, recordsOf } from '../support/recordings.ts';

const rendered = (episode: OomEpisode, isTableHidden = false): string =>
  renderHtml(explain(episode, anAttribution(episode), { isDated: true, isTableHidden })).text;

const HOSTILE = '\x1b[2J`<b>"\u202E';

describe('an explanation as HTML', () => {
  const page = rendered(
    aListedEpisode({
      memory: ofCgroup({ swapUsageKb: 1024, swapLimitKb: 2048 }),
      tasks: [aTask(), aTask({ pid: 7, comm: 'small', rssPages: 63_744, oomScoreAdj: -997 })],
    }),
  );

  test('has the task table as bars, the dead marked', () => {
    const dead = /<tr class="dead"><td>4242<.*<td class="p100"><.*java <b>✗ killed<\/b>/;
    expect(page).toMatch(dead);
    expect(page).toMatch(/<tr><td>7<\/td><td>-997<.*<td class="p50"><.*<td>small<\/td>/);
  });

  test('has the limit, where the memory went, and what to do', () => {
    expect(page).toContain('<dt>Limit</dt><dd>of a container, 512Mi; 100 % of it used');
    expect(page).toContain('<caption>Where 512Mi went</caption>');
    expect(page).toMatch(/<th scope="row">anonymous<\/th><td>498Mi<\/td><td>97 %<\/td>/);
    expect(page).toMatch(/swap, besides<\/th><td>1Mi<\/td><td colspan="2"> of 2Mi/);
    expect(page).toMatch(/<h3>What to do<\/h3>\n<ol>\n<li>.*<small>\[no-page-cache\]/);
  });

  test('says what it cannot say', () => {
    expect(rendered(aBareEpisode())).toContain('<h3>What is not said here</h3>');
  });

  test('takes no style from an attribute and runs nothing', () => {
    expect(page).not.toMatch(/ style=| on\w+=|<script|https?:/);
  });

  test('shows what somebody chose as text', () => {
    const page = rendered(
      aListedEpisode({
        victim: { pid: 4242, comm: HOSTILE, totalVmKb: 800_000, anonRssKb: 1000 },
        oomMemcg: `/system.slice/${HOSTILE}.service`,
        limitLevel: 'host',
        tasks: [
          aTask({ comm: HOSTILE, rssPages: 10 }),
          aTask({ pid: 7, comm: HOSTILE, oomScoreAdj: -997 }),
        ],
      }),
    );
    expect(page).not.toMatch(/[^\P{C}\n]/u);
    expect(page).not.toContain('<b>"');
    expect(page).toContain(String.raw`\x1b[2J${'`'}&lt;b&gt;&quot;`);
    expect(page).toContain(String.raw`<code>\x1b[2J\x60&lt;b&gt;&quot;\xe2\x80\xae</code> (pid 7)`);
  });

  test('hides whose processes else there were from who may see one namespace', () => {
    const episode = aSystemEpisode({
      invoker: { comm: 'neighbour', gfpMask: '0x0', order: 0, oomScoreAdj: 0 },
      tasks: [aTask(), aTask({ pid: 7, comm: 'neighbour', rssPages: 500_000, oomScoreAdj: -997 })],
    });
    expect(rendered(episode)).toContain('neighbour');
    const hidden = rendered(episode, true);
    expect(hidden).not.toContain('neighbour');
    expect(hidden).not.toContain('oom_dump_tasks');
    expect(hidden).toContain('only who may see all of them');
    expect(hidden).toContain('java');
  });
});

test('every recorded kernel is rendered, each tag that is opened closed', () => {
  const all = recordingNames.flatMap((name) => episodesOf(recordsOf(name)));
  expect(all.length).toBeGreaterThan(450);
  for (const episode of all) {
    const options = { isDated: false };
    const page = renderHtml(explain(episode, attribute(episode, NO_PODS), options)).text;
    const opened = [...page.matchAll(/<(?<tag>[a-z0-9]+)(?: [^>]*[^/])?>/g)].length;
    expect(opened).toBe([...page.matchAll(/<\//g)].length);
  }
});
