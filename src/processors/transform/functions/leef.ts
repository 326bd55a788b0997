import { fail, type Value, type ValueMap } from '#ottl';

const NAMES = ['vendor', 'product.name', 'product.version', 'event.id'];

/** A message in the Log Event Extended Format 1.0 or 2.0, which may stand behind a header of syslog (otelcol-contrib processor/transformprocessor). */
export function parseLeef(message: string): ValueMap {
  const start = message.indexOf('LEEF:');
  if (start < 0) fail("invalid LEEF message: 'LEEF:' not found");
  const pipe = message.indexOf('|', start);
  if (pipe < 0) fail('invalid LEEF message: missing pipe delimiter in header');
  const version = message.slice(start + 'LEEF:'.length, pipe);
  if (version !== '1.0' && version !== '2.0') fail(`unsupported LEEF version: ${version} (supported: 1.0, 2.0)`);
  const { fields, rest } = splitAt(message.slice(pipe + 1), NAMES.length);
  if (fields.length < NAMES.length) {
    fail(`invalid LEEF ${version} header: expected at least ${NAMES.length} fields, got ${fields.length}`);
  }
  const { delimiter, attributes } = version === '1.0' ? { delimiter: '\t', attributes: rest } : attributePart(rest);
  const map: ValueMap = new Map([['leef.version', version]]);
  for (const [i, name] of NAMES.entries()) map.set(`leef.${name}`, fields[i]!);
  map.set('leef.attributes', attributesOf(attributes, delimiter));
  return map;
}

/** At most `count` fields between pipes, and what is behind them. */
function splitAt(text: string, count: number): { readonly fields: readonly string[]; readonly rest: string } {
  const parts = text.split('|');
  return { fields: parts.slice(0, count), rest: parts.slice(count).join('|') };
}

/** In 2.0 a delimiter may stand before the attributes; what has a `=` is the first attribute. */
function attributePart(rest: string): { readonly delimiter: string; readonly attributes: string } {
  const pipe = rest.indexOf('|');
  const given = pipe < 0 ? rest : rest.slice(0, pipe);
  if (given.includes('=')) return { delimiter: '\t', attributes: rest };
  return { delimiter: delimiterOf(given), attributes: pipe < 0 ? '' : rest.slice(pipe + 1) };
}

function delimiterOf(given: string): string {
  if (given === '') return '\t';
  const hex = /^0[xX](.*)$/s.exec(given)?.[1];
  if (hex !== undefined) {
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) fail(`invalid LEEF 2.0 delimiter: "${given}" must be one byte in hexadecimal`);
    return String.fromCharCode(Number.parseInt(hex, 16));
  }
  if (Buffer.byteLength(given) !== 1) {
    fail(`invalid LEEF 2.0 delimiter: it must be a single character or 0x-prefixed hex value, got "${given}"`);
  }
  return given;
}

/** Pairs without a `=` or a key are left out, the last of a key counts. */
function attributesOf(text: string, delimiter: string): ValueMap {
  const map = new Map<string, Value>();
  for (const pair of text.split(delimiter)) {
    const equals = pair.indexOf('=');
    if (equals > 0) map.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return map;
}
