import { fail, type ValueMap } from '#ottl';

const HEADER = [
  'version',
  'device_vendor',
  'device_product',
  'device_version',
  'device_event_class_id',
  'name',
  'severity',
];
const EXTENSION_KEY = /(^| )([A-Za-z0-9_]+)=/g;
const EXTENSION_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '=': '=', n: '\n', r: '\r' };

/** A message in the Common Event Format, which may stand behind a header of syslog (otelcol-contrib processor/transformprocessor). */
export function parseCef(message: string): ValueMap {
  const start = message.indexOf('CEF:');
  if (start < 0) fail("invalid CEF message: 'CEF:' not found");
  const { fields, rest } = splitHeader(message.slice(start));
  if (fields.length < HEADER.length) {
    fail(`invalid CEF header: expected at least ${HEADER.length} pipe-delimited fields, got ${fields.length}`);
  }
  const version = fields[0]!.slice('CEF:'.length);
  if (version === '') fail('invalid CEF message: missing version');
  const map: ValueMap = new Map([['cef.version', version]]);
  for (let i = 1; i < HEADER.length; i++) map.set(`cef.${HEADER[i]!}`, fields[i]!.replace(/\\([|\\])/g, '$1'));
  map.set('cef.extensions', extensionsOf(rest));
  return map;
}

/** The fields up to the seventh pipe that is not escaped, and what is behind it. */
function splitHeader(message: string): { readonly fields: readonly string[]; readonly rest: string } {
  const fields: string[] = [];
  let from = 0;
  for (let at = 0; at < message.length; at++) {
    const char = message[at];
    if (char === '\\' && (message[at + 1] === '|' || message[at + 1] === '\\')) at++;
    else if (char === '|') {
      fields.push(message.slice(from, at));
      from = at + 1;
      if (fields.length === HEADER.length) return { fields, rest: message.slice(from) };
    }
  }
  return { fields: [...fields, message.slice(from)], rest: '' };
}

/** A value goes on until the next key; it may have spaces. */
function extensionsOf(text: string): ValueMap {
  const map: ValueMap = new Map();
  const keys = [...text.matchAll(EXTENSION_KEY)];
  for (const [i, found] of keys.entries()) {
    const next = keys[i + 1];
    const end = next === undefined ? text.length : next.index + next[1]!.length;
    const value = text.slice(found.index + found[0].length, end).replace(/ +$/, '');
    map.set(
      found[2]!,
      value.replace(/\\([\\=nr])/g, (_, char: string) => EXTENSION_ESCAPES[char]!),
    );
  }
  return map;
}
