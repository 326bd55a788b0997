/** How a log record reads in one line: its message out of whatever the body is, and the parts worth colouring. */
import type { Attributes, AttributeValue } from '#api/types.ts';

export interface LogLine {
  readonly message: string;
  /** What stands after the message: fields of a structured body, then attributes. */
  readonly fields: Attributes;
}

const MESSAGE_KEYS: readonly string[] = ['message', 'msg', 'event', 'body', 'text', 'error'];
const NOISE_KEYS: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'ts',
  'level',
  'severity',
  'trace_id',
  'span_id',
  'traceId',
  'spanId',
]);

/** A body that is an object, or text that holds one, is taken apart; everything else is the message as it is. */
export function logLine(record: { readonly body: AttributeValue; readonly attributes: AttributeValue }): LogLine {
  const { body } = record;
  const attributes = objectOf(record.attributes) ?? {};
  const structured = structuredBody(body);
  if (!structured) return { message: typeof body === 'string' ? body : JSON.stringify(body), fields: attributes };
  const key = MESSAGE_KEYS.find((candidate) => typeof structured[candidate] === 'string');
  const fields = Object.fromEntries(
    Object.entries(structured).filter(([name]) => name !== key && !NOISE_KEYS.has(name)),
  );
  return { message: key ? String(structured[key]) : '', fields: { ...fields, ...attributes } };
}

function objectOf(value: AttributeValue): Attributes | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function structuredBody(body: AttributeValue): Attributes | undefined {
  const fields = objectOf(body);
  if (fields) return fields;
  if (typeof body !== 'string' || !body.startsWith('{') || !body.trimEnd().endsWith('}')) return undefined;
  try {
    return JSON.parse(body) as Attributes;
  } catch {
    return undefined;
  }
}

export interface TextPart {
  readonly kind: 'text' | 'string' | 'number' | 'method' | 'id' | 'path';
  readonly text: string;
}

/** Longest matches first: ids before numbers, paths before words. Only the first part of a long message is looked at. */
const PARTS = new RegExp(
  [
    '(?<string>"[^"]{1,200}")',
    '(?<id>\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b|\\b(?=[0-9a-f]*\\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,32}\\b)',
    '(?<method>\\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\\b)',
    '(?<path>https?://[^\\s"]+|(?<=\\s)/[\\w./{}:-]+)',
    '(?<number>(?<![\\w.-])-?\\d+(?:\\.\\d+)*(?:ns|us|µs|ms|s|m|h|%|B|KiB|MiB|GiB|kB|MB|GB)?(?![\\w]))',
  ].join('|'),
  'g',
);
const COLOURED_CHARS = 500;

export function messageParts(message: string): readonly TextPart[] {
  const head = message.slice(0, COLOURED_CHARS);
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of head.matchAll(PARTS)) {
    if (match.index > at) parts.push({ kind: 'text', text: head.slice(at, match.index) });
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as TextPart['kind'];
    parts.push({ kind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < message.length) parts.push({ kind: 'text', text: message.slice(at) });
  return parts;
}
