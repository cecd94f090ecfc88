import { expect, test } from 'vitest';
import { Markup, markup } from '../src/markup.ts';

test('what is put into a template is text', () => {
  const hostile = `<script>alert('1')</script>&"\u{1b}[2J\u{202e}`;
  const escaped =
    '&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\\x1b[2J\\xe2\\x80\\xae';
  expect(markup`<p title="${hostile}">${hostile}`.text).toBe(`<p title="${escaped}">${escaped}`);
});

test('HTML stays what it is, lists are joined, and nothing is nothing', () => {
  const rows = ['a', '<b>', 3].map((cell) => markup`<td>${cell}`);
  expect(markup`<tr>${rows}${undefined}${[]}`.text).toBe('<tr><td>a<td>&lt;b&gt;<td>3');
  expect(markup`${new Markup('<hr>')}`.text).toBe('<hr>');
});
