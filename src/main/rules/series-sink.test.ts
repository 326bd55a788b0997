import { describe, expect, test } from 'vitest';
import type { RuleSample } from '#alerting';
import { Batch, EXACT_COUNTS_FIELD, findField } from '#pdata';
import { type FloatHistogram, Labels, readSequence } from '#query/promql.ts';
import { StoreRuleSeries } from './series-sink.ts';

const LABELS = Labels.of([
  ['__name__', 'x'],
  ['job', 'a'],
]);
const sample = (changes: Partial<RuleSample>): RuleSample => ({
  labels: LABELS,
  timeMs: 1000,
  value: 1,
  histogram: undefined,
  isStale: false,
  ...changes,
});

function histogram(text: string): FloatHistogram {
  const [value] = readSequence(text);
  if (value?.kind !== 'histogram') throw new Error(`no histogram: ${text}`);
  return value.value;
}

async function written(samples: readonly RuleSample[]): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  await new StoreRuleSeries({ write: async (batch) => void batches.push(batch) }).append(samples);
  return batches;
}

describe('series of rules for the store', () => {
  test('values, ends and native histograms are one batch', async () => {
    const all = [
      sample({}),
      sample({ timeMs: 2000, isStale: true }),
      sample({ timeMs: 3000, histogram: histogram('{{schema:1 sum:3 count:22 buckets:[5 10 7]}}') }),
      sample({
        timeMs: 4000,
        histogram: histogram('{{schema:-53 sum:3 count:9 custom_values:[1 2] buckets:[2 3 4]}}'),
      }),
    ];
    const batches = await written(all);
    expect(batches).toHaveLength(1);
    expect(batches[0]).toBeInstanceOf(Batch);
    expect(batches[0]!.itemCount).toBe(4);
  });

  test('histograms with fractions, as rates of them have, keep them', async () => {
    const rate = histogram('{{schema:0 sum:0.3 count:2.2 z_bucket:0.25 buckets:[0.5 1 0.45]}}');
    const [batch] = await written([sample({ histogram: rate })]);
    const { arena, layout } = batch!.chunks[0]!;
    const { at, length } = findField(arena, layout.rowStart[0]!, layout.rowEnd[0]!, EXACT_COUNTS_FIELD)!;
    expect(Array.from(new Float64Array(arena.slice(at, at + length).buffer))).toEqual([2.2, 0.25, 0.5, 1, 0.45]);
  });

  test('nothing is written for nothing, and what can not be taken fails as a whole', async () => {
    expect(await written([])).toEqual([]);
    const nameless = sample({ labels: Labels.of([['job', 'a']]) });
    await expect(written([sample({}), nameless])).rejects.toThrow('invalid metric name');
  });
});
