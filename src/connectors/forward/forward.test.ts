import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { attributeKey, SIGNALS } from '#pdata';
import { forwardFactory } from './index.ts';

const KEY = attributeKey('changed');

test.each(SIGNALS)('%s go to all pipelines, and what one changes the others do not see', async (signal) => {
  const settings = fakeSettings();
  const changing = new RecordingConsumer();
  Object.defineProperty(changing, 'mutatesData', { value: true });
  changing.before = (batch) => {
    for (const chunk of batch.chunks) chunk.rowAttributes.of(0).set(KEY, true);
  };
  const reading = new RecordingConsumer();
  const next = new Map([
    [signal, changing],
    [`${signal}/2`, reading],
  ]);
  const connector = forwardFactory.create(settings, {}, signal, signal, next);
  await connector.consume(sampleBatch(signal, 3));
  expect([changing.itemCount, reading.itemCount]).toEqual([3, 3]);
  expect(reading.batches[0]!.chunks[0]!.rowAttributes.of(0).has(KEY)).toBe(false);
  expect(settings.account.sum('added', 'copied')).toBe(3);
});
