/** A stranger's HTML or Markdown: what may be drawn is made anew, everything else is left out. No script, no style, nothing is fetched. */
import { createElement, Fragment, type ReactNode, useMemo } from 'react';
import { markdownToHtml } from '../lib/dashboards/markdown.ts';
import { safeUrl } from '../lib/dashboards/safe-url.ts';
import { visibleText } from '../lib/foreign-text.ts';

interface RichTextProps {
  readonly text: string;
  readonly kind: 'markdown' | 'html' | 'code';
}

export function RichText({ text, kind }: RichTextProps) {
  const nodes = useMemo(
    () => (kind === 'code' ? undefined : safeNodes(kind === 'html' ? text : markdownToHtml(text))),
    [text, kind],
  );
  if (nodes === undefined) return <pre className="rich-text mono">{visibleText(text)}</pre>;
  return <div className="rich-text">{nodes}</div>;
}

const DRAWN = new Set([
  ...[
    'a',
    'b',
    'blockquote',
    'br',
    'code',
    'dd',
    'del',
    'div',
    'dl',
    'dt',
    'em',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'hr',
  ],
  ...[
    'i',
    'kbd',
    'li',
    'mark',
    'ol',
    'p',
    'pre',
    's',
    'small',
    'span',
    'strong',
    'sub',
    'sup',
    'table',
    'tbody',
    'td',
    'th',
  ],
  ...['thead', 'tr', 'u', 'ul', 'center'],
]);
const VOID = new Set(['br', 'hr']);
/** Their text is no text for people. */
const DROPPED = new Set([
  'script',
  'style',
  'template',
  'iframe',
  'object',
  'embed',
  'noscript',
  'svg',
  'math',
  'head',
  'title',
]);
const DEPTH_LIMIT = 40;

function safeNodes(html: string): ReactNode {
  // A document that was parsed so runs and fetches nothing.
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  return childrenOf(body, 0);
}

function childrenOf(parent: Node, depth: number): ReactNode[] {
  if (depth > DEPTH_LIMIT) return [];
  return Array.from(parent.childNodes, (node, key) => nodeOf(node, key, depth));
}

function nodeOf(node: Node, key: number, depth: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return visibleText(node.textContent ?? '');
  if (!(node instanceof Element)) return null;
  const name = node.localName;
  if (DROPPED.has(name)) return null;
  const children = childrenOf(node, depth + 1);
  if (name === 'img')
    return node.getAttribute('alt') ? <em key={key}>{visibleText(node.getAttribute('alt')!)}</em> : null;
  if (!DRAWN.has(name)) return <Fragment key={key}>{children}</Fragment>;
  if (VOID.has(name)) return createElement(name, { key });
  if (name !== 'a') return createElement(name === 'center' ? 'div' : name, { key }, children);
  const url = safeUrl(node.getAttribute('href') ?? '');
  return url === undefined ? (
    <Fragment key={key}>{children}</Fragment>
  ) : (
    <a key={key} href={url} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}
