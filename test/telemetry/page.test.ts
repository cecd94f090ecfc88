import { describe, expect, test } from 'vitest';
import { renderPage, type PageView } from '../../src/telemetry/page.ts';
import { killFacts } from '../support/telemetry.ts';

const VIEW: PageView = { node: 'node-1', version: '1.2.3', problems: [], episodes: [] };

describe('the page', () => {
  test('says where, when and what happened', () => {
    const page = renderPage({ ...VIEW, episodes: [killFacts()] });
    expect(page).toContain(
      '<td>2026-11-21 12:00:00<td>shop/web-0/app<td>container<td>Memory limit',
    );
  });

  test('says so when nothing happened, and when something is wrong', () => {
    const page = renderPage({ ...VIEW, problems: ['pods: not listed yet'] });
    expect(page).toContain('None recorded');
    expect(page).toContain('<p class="problem">pods: not listed yet</p>');
  });

  test('names the node where no pod is to blame, and a limit that was withheld', () => {
    const { namespace, pod, container, limitLevel, ...facts } = killFacts();
    expect([namespace, pod, container, limitLevel]).not.toContain(undefined);
    const page = renderPage({ ...VIEW, episodes: [facts] });
    expect(page).toContain('<td>the node<td>withheld');
  });

  test('shows what a process chose to be called as text', () => {
    const hostile = `<script>alert('1')</script>&"\u{1b}[2J\u{202e}`;
    const page = renderPage({
      node: hostile,
      version: hostile,
      problems: [hostile],
      episodes: [killFacts({ message: hostile, pod: hostile, atMs: Number.NaN })],
    });
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/[\u{1b}\u{202e}]/u);
    expect(page).toContain('&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;');
  });
});
