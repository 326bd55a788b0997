import { formatDate } from './date-format.ts';
import type { ScopeValue } from './scope.ts';

type List = readonly string[];

/**
 * `${x:NAME:ARGUMENT}`: how values are written in the language of some store. Names and results are those of Grafana (documentation, "Variable
 * syntax"; the tests compare with `@grafana/scenes`). A value that can be chosen once only comes as a text, others as a list.
 */
const FORMATS: Readonly<
  Record<string, (value: string | List, argument: readonly string[], name: string, text: string) => string>
> = {
  raw: (value) => String(value),
  regex: (value) => each(value, escapeRegex, (parts) => (parts.length === 1 ? parts[0]! : `(${parts.join('|')})`)),
  pipe: (value) => listed(value, '|'),
  csv: (value) => listed(value, ','),
  join: (value, [separator]) => listed(value, separator ?? ','),
  json: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  glob: (value) => (typeof value === 'string' || value.length < 2 ? String(value) : `{${value.join(',')}}`),
  lucene: (value) => {
    if (typeof value === 'string') return escapeLucene(value);
    return value.length === 0 ? '__empty__' : `(${value.map((part) => `"${escapeLucene(part)}"`).join(' OR ')})`;
  },
  html: (value) => escapeHtml(listed(value, ', ')),
  distributed: (value, _argument, name) =>
    each(value, identity, (parts) => parts.map((part, index) => (index === 0 ? part : `${name}=${part}`)).join(',')),
  singlequote: (value) => quoted(value, "'", (part) => part.replaceAll("'", "\\'")),
  doublequote: (value) => quoted(value, '"', (part) => part.replaceAll('"', '\\"')),
  sqlstring: (value) => quoted(value, "'", (part) => part.replaceAll("'", "''").replaceAll('"', '\\"')),
  percentencode: (value) => percentEncode(typeof value === 'string' ? value : `{${value.join(',')}}`),
  uriencode: (value) => strict(encodeURI(typeof value === 'string' ? value : `{${value.join(',')}}`)),
  queryparam: (value, _argument, name) => parameters(`var-${name}`, value, ''),
  customqueryparam: (value, [name, prefix], own) =>
    parameters(percentEncode(name || own), value, percentEncode(prefix ?? '')),
  text: (_value, _argument, _name, text) => text,
  date: (value, argument) => formatDate(Number.parseInt(String(value), 10), argument.join(':') || 'iso'),
};

/** A format that isn't known gives `glob`, as in Grafana. */
export function formatValue(format: string, name: string, { value, text }: ScopeValue): string {
  const [kind, ...argument] = format.split(':');
  return (FORMATS[kind!] ?? FORMATS.glob!)(value, argument, name, text);
}

function identity(text: string): string {
  return text;
}

function each(value: string | List, one: (text: string) => string, join: (parts: string[]) => string): string {
  return typeof value === 'string' ? one(value) : join(value.map(one));
}

function listed(value: string | List, separator: string): string {
  return typeof value === 'string' ? value : value.join(separator);
}

function quoted(value: string | List, quote: string, inside: (text: string) => string): string {
  const parts = typeof value === 'string' ? [value] : value;
  return parts.map((part) => `${quote}${inside(part)}${quote}`).join(',');
}

function parameters(name: string, value: string | List, prefix: string): string {
  const parts = typeof value === 'string' ? [value] : value;
  return parts.map((part) => `${name}=${prefix}${percentEncode(part)}`).join('&');
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

function escapeLucene(text: string): string {
  return Number.isNaN(Number(text)) ? text.replace(/[!*+\-=<>\s&|()[\]{}^~?:\\/"]/g, '\\$&') : text;
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => HTML[character]!);
}

function percentEncode(text: string): string {
  return strict(encodeURIComponent(text.toWellFormed()));
}

/** RFC 3986 reserves these, too. */
function strict(text: string): string {
  return text.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
