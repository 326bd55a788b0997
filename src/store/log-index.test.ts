import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeLogs } from '#wire';
import { encodeReference } from '../wire/testing/otlp-reference.ts';
import { Inserter } from './inserter.ts';
import { SegmentEncoder } from './native/segment-encoder.ts';
import { encodeSegment } from './testing/encode.ts';
import { startTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

test('the index of bodies is made by the insert, and searches find all by it before parts merge and after', async () => {
  const logRecords = Array.from({ length: 100 }, (_, i) => ({
    body: { stringValue: `order ord-${10_000 + i} accepted` },
  }));
  const body = encodeReference('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const inserter = new Inserter(store.endpoint, 60_000);
  await store.text('SYSTEM STOP MERGES signalbox.logs');
  for (const part of [1n, 2n]) {
    const { chunk } = decodeLogs(body.slice());
    for (const block of encodeSegment(new SegmentEncoder(), [chunk], 1_790_000_000_000_000_000n + part))
      await inserter.insert(block, `${part}-${block.table}`);
  }
  inserter.close();
  const indexBytes = async (name: string): Promise<number> =>
    Number(
      await store.text(
        `SELECT data_compressed_bytes FROM system.data_skipping_indices WHERE database = 'signalbox' AND table = 'logs' AND name = '${name}'`,
      ),
    );
  const found = (): Promise<string> =>
    store.text(
      "SELECT count() FROM logs WHERE lower(body) LIKE '%rd-10042 acc%' AND position(body, 'rd-10042 acc') > 0",
    );
  const usesIndex = async (): Promise<boolean> =>
    (await store.text("EXPLAIN indexes = 1 SELECT count() FROM logs WHERE lower(body) LIKE '%no such text%'")).includes(
      'Granules: 0/',
    );
  for (const isMerged of [false, true]) {
    if (isMerged) {
      await store.text('SYSTEM START MERGES signalbox.logs');
      await store.text('OPTIMIZE TABLE logs FINAL');
    }
    expect(await indexBytes('body_pieces')).toBeGreaterThan(0);
    expect(await usesIndex()).toBe(true);
    expect(await found()).toBe('2');
  }
}, 120_000);
