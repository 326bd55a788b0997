import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { FLAG, FRAME, frameOf, HTTP2_ERROR } from './protocol.ts';

/** What a reader says of bytes that come in pieces; content of one frame is joined. */
function framesOf(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const said: unknown[] = [];
  let content = '';
  const reader = new FrameReader({
    dataBegins: (stream, length) => void said.push(['data', stream, length]),
    data: (_stream, all, from, to) => {
      content += Buffer.from(all.subarray(from, to)).toString('hex');
    },
    dataEnds: (_stream, flags) => {
      said.push([flags, content]);
      content = '';
    },
    frame: (type, flags, stream, all, from, to) =>
      void said.push([type, flags, stream, Buffer.from(all.subarray(from, to)).toString('hex')]),
  });
  let at = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    // Memory of its own, which is another one afterwards, as a socket's is.
    const piece = Uint8Array.from(bytes.subarray(at, Math.max(at, cut)));
    reader.push(piece);
    piece.fill(0xee);
    at = Math.max(at, cut);
  }
  return said;
}

const frame = fc
  .record({
    type: fc.nat(12),
    flags: fc.nat(255),
    stream: fc.nat(0x7fff_ffff),
    content: fc.uint8Array({ maxLength: 40 }),
    padding: fc.nat(8),
  })
  .map(({ type, flags, stream, content, padding }) => {
    const isPadded = type === FRAME.data && (flags & FLAG.padded) !== 0;
    const payload = isPadded ? Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)]) : content;
    return { bytes: frameOf(type, flags, stream, payload), type, flags, stream, content, length: payload.length };
  });

test('frames are the same however they come', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(300)), (frames, places) => {
      const bytes = Buffer.concat(frames.map((one) => one.bytes));
      const cuts = places.filter((place) => place < bytes.length);
      const wanted = frames.flatMap(({ type, flags, stream, content, length }): unknown[] => {
        const text = Buffer.from(content).toString('hex');
        return type === FRAME.data
          ? [
              ['data', stream, length],
              [flags, text],
            ]
          : [[type, flags, stream, text]];
      });
      expect(framesOf(bytes, cuts)).toEqual(wanted);
    }),
  );
});

test.each([
  { name: 'larger than we take', bytes: Buffer.from('004001000000000001', 'hex'), code: HTTP2_ERROR.frameSize },
  {
    name: 'padded, and empty',
    bytes: frameOf(FRAME.data, FLAG.padded, 1, Buffer.alloc(0)),
    code: HTTP2_ERROR.frameSize,
  },
  {
    name: 'of more padding than it has',
    bytes: frameOf(FRAME.data, FLAG.padded, 1, Buffer.of(2, 0)),
    code: HTTP2_ERROR.protocol,
  },
])('a frame $name', ({ bytes, code }) => {
  expect(() => framesOf(bytes, [])).toThrow(expect.objectContaining({ code }));
});
