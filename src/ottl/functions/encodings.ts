import { textOf } from '../text.ts';
import { fail, isNumber, typeName, type Value } from '../values.ts';

type Base64Variant = { readonly alphabet: 'base64' | 'base64url'; readonly isPadded: boolean };

const VARIANTS: Readonly<Record<string, Base64Variant>> = {
  base64: { alphabet: 'base64', isPadded: true },
  'base64-raw': { alphabet: 'base64', isPadded: false },
  'base64-url': { alphabet: 'base64url', isPadded: true },
  'base64-raw-url': { alphabet: 'base64url', isPadded: false },
};

function variantOf(name: string): Base64Variant | undefined {
  return Object.hasOwn(VARIANTS, name) ? VARIANTS[name] : undefined;
}

export function encodedBase64(text: string, name: string): string {
  const variant = variantOf(name) ?? fail(`unsupported base64 variant: ${name}`);
  const encoded = Buffer.from(text).toString(variant.alphabet).replace(/=+$/, '');
  return variant.isPadded ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded;
}

/** The text that a value writes in an encoding. */
export function decoded(value: Value, encoding: string): string {
  const bytes = bytesOf(value);
  const variant = variantOf(encoding);
  if (variant !== undefined) return decodedBase64(Buffer.from(bytes).toString('latin1'), variant);
  return decoderOf(encoding)(bytes);
}

function bytesOf(value: Value): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'boolean' || isNumber(value)) return Buffer.from(textOf(value));
  return fail(`a ${typeName(value)} can not be decoded`);
}

/** Go's decoder ignores line breaks and refuses everything else that is not of the alphabet. */
function decodedBase64(text: string, { alphabet, isPadded }: Base64Variant): string {
  const digits = text.replace(/[\r\n]/g, '');
  const body = isPadded ? digits.replace(/={1,2}$/, '') : digits;
  const isOfAlphabet = (alphabet === 'base64' ? /^[A-Za-z0-9+/]*$/ : /^[A-Za-z0-9_-]*$/).test(body);
  const isWhole = body.length % 4 !== 1 && (!isPadded || digits.length % 4 === 0);
  if (!isOfAlphabet || !isWhole) fail('could not decode: illegal base64 data');
  return Buffer.from(body, alphabet).toString('utf8');
}

/** Names of IANA that TextDecoder does not know, or understands in another way. */
const OWN: Readonly<Record<string, string>> = {
  '': 'utf-8',
  'utf-8-raw': 'utf-8',
  'utf8-raw': 'utf-8',
  utf16: 'utf-16le',
  'utf-16': 'utf-16le',
};
const LATIN1: ReadonlySet<string> = new Set([
  'iso-8859-1',
  'iso_8859-1',
  'latin1',
  'l1',
  'iso8859-1',
  'iso-ir-100',
  'cp819',
]);

type Decoder = (bytes: Uint8Array) => string;
const decoders = new Map<string, Decoder>();
const DECODERS_LIMIT = 64;

function decoderOf(encoding: string): Decoder {
  const name = encoding.toLowerCase();
  let decoder = decoders.get(name);
  if (decoder === undefined) {
    decoder = madeDecoder(name, encoding);
    if (decoders.size >= DECODERS_LIMIT) decoders.clear();
    decoders.set(name, decoder);
  }
  return decoder;
}

function madeDecoder(name: string, encoding: string): Decoder {
  if (name === 'nop') return (bytes) => Buffer.from(bytes).toString('utf8');
  if (name === 'ascii' || name === 'us-ascii') return (bytes) => Buffer.from(bytes).toString('utf8');
  // Browsers take Latin-1 for windows-1252; IANA does not.
  if (LATIN1.has(name)) return (bytes) => Buffer.from(bytes).toString('latin1');
  try {
    const decoder = new TextDecoder(OWN[name] ?? name, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  } catch {
    return fail(`unsupported encoding "${encoding}"`);
  }
}
