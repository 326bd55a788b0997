import { describe, expect, test } from 'vitest';
import { type BatchConfig, batchSchema, validateBatch } from './config.ts';

describe('batch configuration', () => {
  test('has the defaults of otelcol', () => {
    expect(batchSchema.parse(undefined)).toEqual({
      sendBatchSize: 8192,
      timeoutMs: 200,
      sendBatchMaxSize: 0,
      metadataKeys: [],
      metadataCardinalityLimit: 1000,
      maxPendingItems: 0,
    });
  });

  test.each([
    {
      name: 'a cap below the size',
      yaml: { send_batch_max_size: 10 },
      want: /must be greater or equal to send_batch_size/,
    },
    { name: 'a key twice', yaml: { metadata_keys: ['A', 'a'] }, want: /duplicate entry in metadata_keys: "a"/ },
  ])('refuses $name', ({ yaml, want }) => {
    const mistakes = validateBatch(batchSchema.parse(yaml) as BatchConfig);
    expect(mistakes.map((mistake) => mistake.message).join()).toMatch(want);
  });

  test('takes the values of the article', () => {
    const config = batchSchema.parse({
      timeout: '10s',
      send_batch_size: 1000,
      send_batch_max_size: 2000,
    }) as BatchConfig;
    expect(validateBatch(config)).toEqual([]);
    expect(config).toMatchObject({ timeoutMs: 10_000, sendBatchSize: 1000, sendBatchMaxSize: 2000 });
  });
});
