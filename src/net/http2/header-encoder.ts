import { STATIC_FIELDS } from './static-fields.ts';

/** Header fields that go out, names in lower case. */
export type SentHeaders = Readonly<Record<string, string>>;

/**
 * Blocks name what everyone knows by number, and write the rest out: nothing is remembered on a connection, so that a block can be made once for
 * all of them. This byte in front of the first one on a connection says so, and is right whatever table the peer offers (RFC 7541 §4.2).
 */
export const NO_TABLE = 0x20;

const LITERAL_NEW_NAME = 0x00;
/** Whoever passes it on must not keep it in a table either. */
const NEVER_INDEXED = 0x10;
const SECRET_NAMES: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const NUMBERED = STATIC_FIELDS.map(([name, value], index) => ({
  name,
  field: fieldKey(name, value),
  number: index + 1,
}));
const FIELD_NUMBERS: ReadonlyMap<string, number> = new Map(NUMBERED.map(({ field, number }) => [field, number]));
/** Of fields with the same name the first. */
const NAME_NUMBERS: ReadonlyMap<string, number> = new Map(
  NUMBERED.toReversed().map(({ name, number }) => [name, number]),
);

function fieldKey(name: string, value: string): string {
  return `${name}\n${value}`;
}

/** The block of some fields. Throws a TypeError for what is no name or value of a header. */
export function encodeHeaders(headers: SentHeaders): Uint8Array {
  let pseudo = '';
  let regular = '';
  for (const name in headers) {
    const field = encodeField(name, headers[name]!);
    // Pseudo fields come first, however they stand here.
    if (name.startsWith(':')) pseudo += field;
    else regular += field;
  }
  return Buffer.from(pseudo + regular, 'latin1');
}

/** A character for each byte. */
function encodeField(name: string, value: string): string {
  const number = FIELD_NUMBERS.get(fieldKey(name, value));
  if (number !== undefined) return integer(number, 0x7f, 0x80);
  if (!NAME.test(name)) throw new TypeError(`not a name of a header: ${JSON.stringify(name.slice(0, 80))}`);
  if (!VALUE.test(value)) throw new TypeError(`the header ${name} has characters that a header can't have`);
  const kind = SECRET_NAMES.has(name) ? NEVER_INDEXED : LITERAL_NEW_NAME;
  const nameNumber = NAME_NUMBERS.get(name);
  const start = nameNumber === undefined ? String.fromCharCode(kind) + string(name) : integer(nameNumber, 0x0f, kind);
  return start + string(value);
}

function string(text: string): string {
  return integer(text.length, 0x7f, 0) + text;
}

/** RFC 7541 §5.1. */
function integer(value: number, mask: number, kind: number): string {
  if (value < mask) return String.fromCharCode(kind | value);
  let text = String.fromCharCode(kind | mask);
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) text += String.fromCharCode((rest & 0x7f) | 0x80);
  return text + String.fromCharCode(rest);
}
