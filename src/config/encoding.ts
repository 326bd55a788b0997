import { ConfigError } from '#base';

/** Reads a file's bytes as otelcol does: UTF-8, or UTF-16 with a byte order mark. Throws a ConfigError at the first wrong byte. */
export function decodeText(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes, 'utf-16le', file);
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be', file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = firstInvalid(bytes);
    const before = new TextDecoder().decode(bytes.subarray(0, at));
    const byte = `0x${bytes[at]!.toString(16).padStart(2, '0')}`;
    throw new ConfigError('', `not UTF-8: the byte ${byte} at ${at}; save the file as UTF-8`, {
      file,
      ...endOf(before),
    });
  }
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', file: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const message = 'the byte order mark says UTF-16, and half a character stands in it; save the file as UTF-8';
    throw new ConfigError('', message, { file, line: 1, column: 1 });
  }
}

/** How many bytes at the beginning are whole characters. */
function firstInvalid(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  const isValid = (length: number): boolean => {
    try {
      // As a stream, so that a character that is cut off at the end is no mistake.
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    if (isValid(middle)) good = middle;
    else bad = middle - 1;
  }
  // The first bytes of a character pass as the beginning of one.
  let at = Math.min(good, bytes.length - 1);
  while (at > 0 && (bytes[at]! & 0xc0) === 0x80 && good - at < 4) at--;
  return at;
}

const CONTROL_CHARACTER = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Throws a ConfigError for a character that YAML doesn't allow. */
export function checkCharacters(text: string, file: string): void {
  const at = text.search(CONTROL_CHARACTER);
  if (at < 0) return;
  const code = text.codePointAt(at)!;
  const hint = code === 0 ? ' (is it UTF-16 without a byte order mark?)' : '';
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  throw new ConfigError('', `cannot read the YAML: the control character ${name} is not allowed${hint}`, {
    file,
    ...endOf(text.slice(0, at)),
  });
}

function endOf(text: string): { readonly line: number; readonly column: number } {
  const lines = text.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
