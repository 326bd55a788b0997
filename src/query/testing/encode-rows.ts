/** Bytes of an id travel through JSON.stringify as private characters; `encodeRows` turns them back into bytes. */
export function bytes(hex: string, byteLength: number): string {
  const full = hex.padStart(byteLength * 2, '0');
  return full.replace(/../g, (pair) => String.fromCharCode(0xe000 + Number.parseInt(pair, 16)));
}

/** JSON lines with raw bytes where `bytes` put an id: ClickHouse takes a JSON string's bytes as they are. */
export function encodeRows(rows: readonly object[]): Buffer {
  const utf8 = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  const out: number[] = [];
  for (let i = 0; i < utf8.length; i++) {
    // U+E000 to U+E0FF is EE 80 80 to EE 83 BF.
    if (utf8[i] !== 0xee || utf8[i + 1]! > 0x83) {
      out.push(utf8[i]!);
      continue;
    }
    const byte = ((utf8[i + 1]! & 3) << 6) | (utf8[i + 2]! & 63);
    i += 2;
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) out.push(byte);
    else out.push(...Buffer.from(`\\u${byte.toString(16).padStart(4, '0')}`));
  }
  return Buffer.from(out);
}
