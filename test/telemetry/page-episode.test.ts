import { describe, expect, test } from 'vitest';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import { type EpisodeView, renderEpisode } from '../../src/telemetry/page-episode.ts';
import { BOOT, pendingKill, storedKill } from '../support/history.ts';
import { START_MS } from '../support/kill-event.ts';

const VIEW: EpisodeView = { node: 'node-1', nowMs: START_MS + 120_000, access: 'all' };

const rendered = (stored: StoredEpisode, view: Partial<EpisodeView> = {}): string =>
  renderEpisode(stored, { ...VIEW, ...view }).text;

/** The same kill, of another pod. */
function ofPod(facts: Partial<PodEntry>): StoredEpisode {
  const kill = storedKill(60, 1);
  const [subject] = kill.attribution?.subjects ?? [];
  if (subject?.kind !== 'pod' || kill.attribution === undefined) throw new Error('no pod');
  const pod = { ...subject.pod, ...facts };
  return { ...kill, attribution: { ...kill.attribution, subjects: [{ ...subject, pod }] } };
}

describe('an episode on the page', () => {
  const page = rendered(storedKill(60, 1));

  test('says when, whose, at which limit and what in a line, and opens to the rest', () => {
    const [, summary = ''] = /<summary>(.*)<\/summary>/.exec(page) ?? [];
    expect(summary.replaceAll(/<[^>]*>/g, '|')).toMatch(
      /2026-11-21 12:01:00\| \|60s ago\|*ns-1\/pod-1\/app\|*container 64Mi\|*Memory limit of container app \(64Mi\)/,
    );
    expect(page).toContain('<caption>Processes</caption>');
    expect(page).toContain(`<dt>Kernel log</dt><dd>record 60, [60.000000], of boot ${BOOT}</dd>`);
  });

  test('has an anchor, links to what is like it, and commands to go on with', () => {
    expect(page).toContain(`<div id="${BOOT}-60">`);
    expect(page).toContain(`href="#${BOOT}-60"`);
    expect(page).toContain('href="/?namespace=ns-1&amp;pod=pod-1"');
    expect(page).toContain('<pre><code>kubectl -n ns-1 describe pod pod-1</code></pre>');
    expect(page).toContain('<pre><code>kubectl oom pod-1 -n ns-1 --from-node</code></pre>');
  });

  test('names no pod while whose it was is not decided', () => {
    const page = rendered(pendingKill(60));
    expect(page).toMatch(
      /<b>not decided yet<\/b><span> 64Mi<\/span><span>[^:]*, anon-rss 59Mi<\/span>/,
    );
    expect(page).toContain('<dd>of the cgroup below, 64Mi; 100 % of it used');
    expect(page).toContain('that waits for news of the pods');
    expect(page).toContain('kubectl describe node node-1');
  });

  test('has a name in a command only where a shell takes it for a name', () => {
    const page = rendered(ofPod({ name: '$(reboot)', namespace: 'shop' }), { node: 'a b' });
    expect(page).toContain('shop/$(reboot)');
    expect(page).not.toMatch(/kubectl.*(?:reboot|a b)/);
    expect(page).toContain('<code>kubectl oom -A</code>');
  });

  test('shows hostile names as text, also in links', () => {
    const hostile = `"><script>alert(1)</script>\u{202e}\u{d800}`;
    const page = rendered(ofPod({ name: hostile, namespace: hostile }), { node: hostile });
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/[^\P{C}\n]/u);
    expect(page).toContain('href="/?namespace=%22%3E%3Cscript');
  });

  test('without a date is shown all the same', () => {
    expect(rendered(storedKill(60, 1, { atMs: Number.NaN }))).toContain('pod-1');
  });
});
