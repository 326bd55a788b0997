import { expect, test } from 'vitest';
import { ArenaWriter } from './arena-writer.ts';

test('a message keeps its content wherever the buffer ends', () => {
  for (const text of ['', 'GET', 'x'.repeat(130)]) {
    const small = new ArenaWriter(4096);
    small.attribute(7, 'key', text);
    const want = Buffer.from(small.finish()).toString('hex');
    for (let before = 0; before < 300; before++) {
      const writer = new ArenaWriter(128);
      writer.raw(new Uint8Array(before));
      writer.attribute(7, 'key', text);
      expect(Buffer.from(writer.finish()).subarray(before).toString('hex')).toBe(want);
    }
  }
});
