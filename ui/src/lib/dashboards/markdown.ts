/** Markdown as HTML: headings, lists, tables, quotes, code, emphasis, links. What comes out is a stranger's, and is made safe where it is drawn. */

export function markdownToHtml(text: string): string {
  const blocks = text.replace(/\r\n?/g, '\n').split(/\n(?:[ \t]*\n)+/);
  return joinFences(blocks).map(blockToHtml).join('\n');
}

/** Blank lines within a fence end no block. */
function joinFences(blocks: readonly string[]): string[] {
  const joined: string[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last !== undefined && (last.match(/^```/gm)?.length ?? 0) % 2 === 1)
      joined[joined.length - 1] = `${last}\n\n${block}`;
    else joined.push(block);
  }
  return joined;
}

function blockToHtml(block: string): string {
  const fence = /^```[^\n]*\n([\s\S]*?)\n?```\s*$/.exec(block.trim());
  if (fence !== null) return `<pre><code>${escapeHtml(fence[1]!)}</code></pre>`;
  const lines = block.split('\n').filter((line) => line.trim() !== '');
  let html = '';
  for (let at = 0; at < lines.length; ) {
    const end = runEnd(lines, at);
    html += runToHtml(lines.slice(at, end));
    at = end;
  }
  return html;
}

const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['heading', /^#{1,6}\s/],
  ['rule', /^\s*([-*_])(\s*\1){2,}\s*$/],
  ['bullets', /^\s*[-*+]\s+/],
  ['numbers', /^\s*\d+[.)]\s+/],
  ['quote', /^\s*>\s?/],
  ['table', /^\s*\|.*\|\s*$/],
];

function kindOf(line: string): string {
  return KINDS.find(([, pattern]) => pattern.test(line))?.[0] ?? 'text';
}

function runEnd(lines: readonly string[], at: number): number {
  const kind = kindOf(lines[at]!);
  if (kind === 'heading' || kind === 'rule') return at + 1;
  let end = at + 1;
  while (end < lines.length && kindOf(lines[end]!) === kind) end++;
  return end;
}

function runToHtml(lines: readonly string[]): string {
  const [first = ''] = lines;
  const strip = (pattern: RegExp): string[] => lines.map((line) => inlineToHtml(line.replace(pattern, '')));
  switch (kindOf(first)) {
    case 'heading': {
      const level = /^#+/.exec(first)![0].length;
      return `<h${level}>${inlineToHtml(first.replace(/^#+\s*|\s*#+\s*$/g, ''))}</h${level}>`;
    }
    case 'rule':
      return '<hr>';
    case 'bullets':
      return `<ul>${strip(/^\s*[-*+]\s+/)
        .map((item) => `<li>${item}</li>`)
        .join('')}</ul>`;
    case 'numbers':
      return `<ol>${strip(/^\s*\d+[.)]\s+/)
        .map((item) => `<li>${item}</li>`)
        .join('')}</ol>`;
    case 'quote':
      return `<blockquote>${strip(/^\s*>\s?/).join(' ')}</blockquote>`;
    case 'table':
      return tableToHtml(lines);
    default:
      return /^\s*<\/?[a-z]/i.test(first) ? lines.join('\n') : `<p>${lines.map(inlineToHtml).join('<br>')}</p>`;
  }
}

function tableToHtml(lines: readonly string[]): string {
  const cells = (line: string): string[] =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => inlineToHtml(cell.trim()));
  const row = (line: string, tag: string): string =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${cell}</${tag}>`)
      .join('')}</tr>`;
  const isHead = lines.length > 1 && /^[\s|:-]+$/.test(lines[1]!);
  const [head, body] = isHead ? [row(lines[0]!, 'th'), lines.slice(2)] : ['', lines];
  return `<table>${head}${body.map((line) => row(line, 'td')).join('')}</table>`;
}

function inlineToHtml(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((piece, i) => (i % 2 === 1 ? `<code>${escapeHtml(piece.slice(1, -1))}</code>` : emphasis(piece)))
    .join('');
}

function emphasis(text: string): string {
  return text
    .replace(
      /!?\[([^\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g,
      (_, label: string, url: string) => `<a href="${escapeHtml(url)}">${label}</a>`,
    )
    .replace(
      /\*\*(\S(?:.*?\S)?)\*\*|__(\S(?:.*?\S)?)__/g,
      (_, a?: string, b?: string) => `<strong>${a ?? b ?? ''}</strong>`,
    )
    .replace(/(?<![\w*])\*(\S(?:[^*]*?\S)?)\*(?![\w*])/g, '<em>$1</em>')
    .replace(/~~(.+?)~~/g, '<del>$1</del>');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
