/** The trace that a log record belongs to: as it was sent, as the server's data sources derive it, or as its text says. */
import type { AttributeValue, LogRecord } from '#api/types.ts';

const KEYS = ['trace_id', 'traceId', 'traceID', 'trace.id'] as const;
/** `"trace_id":"…"`, `trace_id=…`, with or without blanks and quotes. */
const IN_TEXT =
  /(?<![\w.])["']?(?:trace_id|traceId|traceID|trace\.id)["']?\s*[:=]\s*["']?([0-9a-fA-F]{16}(?:[0-9a-fA-F]{16})?)(?![0-9a-zA-Z])/;
/** An id stands near the beginning, or is a field of the line's own. */
const LOOKED_AT = 10_000;

/** 32 hex digits; '' where there is none. All zeros are no id. */
export function traceOfLog({
  traceId,
  body,
  attributes,
  links = [],
}: Pick<LogRecord, 'traceId' | 'body' | 'attributes' | 'links'>): string {
  return (
    idOf(traceId) || derived(links) || idIn(attributes) || (typeof body === 'string' ? idInText(body) : idIn(body))
  );
}

function derived(links: NonNullable<LogRecord['links']>): string {
  return links.find((link) => link.traceId !== undefined)?.traceId ?? '';
}

function idInText(text: string): string {
  return idOf(IN_TEXT.exec(text.slice(0, LOOKED_AT))?.[1]);
}

function idIn(value: AttributeValue): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const fields = value as Readonly<Record<string, unknown>>;
  return KEYS.map((key) => idOf(fields[key])).find((id) => id !== '') ?? '';
}

function idOf(value: unknown): string {
  if (typeof value !== 'string' || !/^(?:[0-9a-fA-F]{16}){1,2}$/.test(value) || /^0+$/.test(value)) return '';
  return value.toLowerCase().padStart(32, '0');
}
