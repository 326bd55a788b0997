import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch, type LogChunk, type SpanChunk } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { probabilisticSamplerSchema } from './config.ts';
import { probabilisticSamplerFactory } from './index.ts';

/** What otelcol-contrib's processor (v0.159.0) kept of the same items, and what it wrote onto them. */
interface Recorded {
  readonly traces: unknown;
  readonly logs: unknown;
  readonly cases: readonly {
    readonly config: object;
    readonly signal: 'traces' | 'logs';
    readonly kept: readonly (readonly [string, unknown])[];
  }[];
}
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/otelcol-decisions.json'), 'utf8'),
) as Recorded;

function keptOf({ batches }: RecordingConsumer): [string, unknown][] {
  return batches.flatMap(({ chunks }) =>
    chunks.flatMap((chunk) =>
      Array.from({ length: chunk.count }, (_, index): [string, unknown] => {
        const row = chunk.rowAt(index);
        if (chunk.signal === 'traces') {
          const span = (chunk as SpanChunk).view();
          span.row = row;
          return [span.name, span.traceState];
        }
        const log = (chunk as LogChunk).view();
        log.row = row;
        const own = [...log.attributes.entries()].filter(([key]) => key.startsWith('sampling.'));
        return [String(log.body), Object.fromEntries(own)];
      }),
    ),
  );
}

test.each(recorded.cases.map((one) => [JSON.stringify(one.config), one] as const))('%s', async (_name, one) => {
  const next = new RecordingConsumer();
  const settings = fakeSettings();
  const config = probabilisticSamplerSchema.parse(one.config);
  const processor = probabilisticSamplerFactory.create(settings, config, one.signal, next);
  const { chunk } = decodeOtlpJson(one.signal, Buffer.from(JSON.stringify(recorded[one.signal])));
  const count = chunk.count;
  await processor.consume(new Batch(one.signal, [chunk]));
  expect(keptOf(next)).toEqual(one.kept);
  expect(settings.account.sum('sampled_out', 'not_sampled')).toBe(count - one.kept.length);
});
