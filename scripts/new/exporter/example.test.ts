import { expect, test } from 'vitest';
import { fakeHost, fakeSettings, sampleBatch } from '#component/testing.ts';
import { exampleExporterSchema } from './config.ts';
import { exampleExporterFactory } from './index.ts';

test('writes a line for each batch', async () => {
  const settings = fakeSettings();
  const exporter = exampleExporterFactory.create(settings, exampleExporterSchema.parse({ prefix: 'got ' }), 'traces');
  await exporter.start(fakeHost());
  await exporter.consume(sampleBatch('traces', 4));
  await exporter.shutdown(1000);
  expect(settings.logged).toEqual(['info got traces']);
});
