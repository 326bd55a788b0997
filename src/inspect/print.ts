import type { Item, Plain, PlainMap } from './item.ts';
import type { MarkedField } from './mask.ts';

const VALUE_LIMIT = 120;
const MASK = '●●●';

/** A value as JSON, cut where it is long. */
export function printValue(value: Plain | undefined, limit: number = VALUE_LIMIT): string {
  if (value === undefined) return MASK;
  const text = JSON.stringify(value);
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

/** `+ attributes["team"]: "shop"`, `~ name: "a" → "b"`, and two spaces in front of what is as it was. */
export function printField({ path, change, value, before }: MarkedField): string {
  if (change === 'changed') return `~ ${path}: ${printValue(before)} → ${printValue(value)}`;
  const mark = change === 'added' ? '+' : change === 'removed' ? '-' : ' ';
  return `${mark} ${path}: ${printValue(value)}`;
}

const TITLE_ATTRIBUTES = 4;

/** What an item is, in a line: its kind, name or text, service, and some attributes. */
export function itemTitle({ signal, fields }: Item): string {
  const attributes = Object.entries((fields.attributes ?? {}) as PlainMap);
  const shown = attributes.slice(0, TITLE_ATTRIBUTES).map(([key, value]) => `${key}=${printValue(value, 60)}`);
  if (attributes.length > TITLE_ATTRIBUTES) shown.push('…');
  const { attributes: own } = (fields.resource ?? {}) as { readonly attributes?: PlainMap };
  const service = own?.['service.name'];
  return [headOf(signal, fields), ...(service === undefined ? [] : [`of ${String(service)}`]), ...shown].join(' ');
}

function headOf(signal: Item['signal'], fields: PlainMap): string {
  if (signal === 'traces') {
    const { code } = (fields.status ?? {}) as { readonly code?: string };
    return `span ${printValue(fields.name ?? '')}${code === 'error' ? ' error' : ''}`;
  }
  if (signal === 'logs') {
    const { severity_text: severity, body, event_name: event } = fields;
    return `log ${severity === undefined ? '' : `${String(severity)} `}${printValue(body ?? event ?? '')}`;
  }
  const { name } = (fields.metric ?? {}) as { readonly name?: string };
  const value = fields.value ?? (fields.count === undefined ? undefined : `count ${String(fields.count)}`);
  return `point ${printValue(name ?? '')}${value === undefined ? '' : ` ${String(value)}`}`;
}
