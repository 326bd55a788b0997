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

const NAME_INDEX = new Map<string, number>();
const FIELD_INDEX = new Map<string, number>();
for (const [index, [name, value]] of STATIC_FIELDS.entries()) {
  if (!NAME_INDEX.has(name)) NAME_INDEX.set(name, index + 1);
  FIELD_INDEX.set(`${name}\n${value}`, index + 1);
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
  const index = FIELD_INDEX.get(`${name}\n${value}`);
  if (index !== undefined) return integer(index, 0x7f, 0x80);
  if (!NAME.test(name)) throw new TypeError(`not a name of a header: ${JSON.stringify(name.slice(0, 80))}`);
  if (!VALUE.test(value)) throw new TypeError(`the header ${name} has characters that a header can't have`);
  const kind = SECRET_NAMES.has(name) ? NEVER_INDEXED : LITERAL_NEW_NAME;
  const nameIndex = NAME_INDEX.get(name);
  const start = nameIndex === undefined ? String.fromCharCode(kind) + string(name) : integer(nameIndex, 0x0f, kind);
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
