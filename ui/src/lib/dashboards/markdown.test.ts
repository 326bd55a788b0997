import { expect, test } from 'vitest';
import { markdownToHtml } from './markdown.ts';
import { safeUrl } from './safe-url.ts';

test.each([
  {
    name: 'a heading and a paragraph',
    text: '# One\nTwo **bold** and *slanted*',
    want: '<h1>One</h1><p>Two <strong>bold</strong> and <em>slanted</em></p>',
  },
  {
    name: 'lists',
    text: '- a\n- b\n\n1. c\n2) d',
    want: '<ul><li>a</li><li>b</li></ul>\n<ol><li>c</li><li>d</li></ol>',
  },
  {
    name: 'a fence keeps blank lines',
    text: '```sh\na <b>\n\nc\n```',
    want: '<pre><code>a &lt;b&gt;\n\nc</code></pre>',
  },
  {
    name: 'a link, and code that looks like one',
    text: '[a](https://x.y/z "t") `[b](c)`',
    want: '<p><a href="https://x.y/z">a</a> <code>[b](c)</code></p>',
  },
  {
    name: 'a table',
    text: '| a | b |\n|---|---|\n| 1 | 2 |',
    want: '<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>',
  },
  { name: 'names with underscores', text: 'a_b_c and 2 * 3 * 4', want: '<p>a_b_c and 2 * 3 * 4</p>' },
])('$name', ({ text, want }) => {
  expect(markdownToHtml(text)).toBe(want);
});

test.each([
  { url: 'https://a.b/c?d=e', want: 'https://a.b/c?d=e' },
  { url: '/d/abc', want: '/d/abc' },
  { url: 'javascript:alert(1)', want: undefined },
  { url: ' JaVaScRiPt:alert(1)', want: undefined },
  { url: 'java\tscript:alert(1)', want: undefined },
  { url: 'data:text/html,x', want: undefined },
  { url: '//evil.example/x', want: '//evil.example/x' },
  { url: 'mailto:a@b.c', want: 'mailto:a@b.c' },
  { url: 'http://[', want: undefined },
])('the address $url', ({ url, want }) => {
  expect(safeUrl(url)).toBe(want);
});
