import { DecodeError } from '#base';

const LINE_END = 0x0a;

/** The lines of a stream that are not empty. Throws a DecodeError for one that is longer than it may be; the last needs no end. */
export async function* linesOf(parts: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<string, void> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const part of parts) {
    let from = 0;
    for (let end = part.indexOf(LINE_END); end >= 0; end = part.indexOf(LINE_END, from)) {
      const rest = part.subarray(from, end);
      const line = begun.length === 0 ? rest.toString() : Buffer.concat([...begun, rest]).toString();
      begun = [];
      begunBytes = 0;
      from = end + 1;
      if (line !== '') yield line;
    }
    if (from === part.length) continue;
    begun.push(part.subarray(from));
    begunBytes += part.length - from;
    if (begunBytes > limitBytes) throw new DecodeError(`a line is longer than ${limitBytes} bytes`);
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString();
}
