import { expect, test } from 'vitest';
import { placesOf } from './tap.ts';

test('the places of a pipeline are what the API calls them', () => {
  const rate = { values: [] } as never;
  expect(
    placesOf({
      id: 'traces/2',
      signal: 'traces',
      receivers: ['receiver/otlp', 'connector/forward'],
      processors: ['processor/filter/health@traces/2'],
      exporters: ['exporter/otlp/jaeger'],
      rate,
    }).map(({ at }) => at),
  ).toEqual([
    'traces/2/receivers/otlp',
    'traces/2/receivers/forward',
    'traces/2/processors/filter/health',
    'traces/2/exporters/otlp/jaeger',
  ]);
});
