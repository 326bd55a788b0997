import { expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { exampleFactory } from './index.ts';

test.each([
  // Each item of a sample batch has an attribute `n`.
  { attribute: 'n', items: 0, filtered: 4 },
  { attribute: 'other', items: 4, filtered: 0 },
  { attribute: '', items: 4, filtered: 0 },
])('leaves out what has the attribute "$attribute"', async ({ attribute, items, filtered }) => {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const processor = exampleFactory.create(settings, { attribute }, 'logs', next);
  await processor.start(fakeHost());
  await processor.consume(sampleBatch('logs', 4));
  await processor.shutdown(1000);
  expect(next.itemCount).toBe(items);
  expect(settings.account.sum('filtered')).toBe(filtered);
});
