import { expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { exampleConnectorFactory } from './index.ts';

test('makes a data point of each batch, for each pipeline', async () => {
  const settings = fakeSettings();
  const pipelines = new Map([
    ['metrics', new RecordingConsumer()],
    ['metrics/2', new RecordingConsumer()],
  ]);
  const connector = exampleConnectorFactory.create(settings, { metric: 'seen' }, 'traces', 'metrics', pipelines);
  await connector.start(fakeHost());
  await connector.consume(sampleBatch('traces', 4));
  await connector.shutdown(1000);
  expect([...pipelines.values()].map((one) => one.itemCount)).toEqual([1, 1]);
  expect(settings.account.sum('absorbed')).toBe(4);
});
