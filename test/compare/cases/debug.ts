import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { b, bytes, d, i, list, logsSample, map, metricsSample, pairs, s, spansSample } from '../lib/samples.ts';

const VALUES = pairs({
  text: s('a "quoted"\ttext\nof two lines'),
  empty: s(''),
  int: i('-9223372036854775808'),
  double: d(1e21),
  small: d(1e-7),
  whole: d(3),
  nan: d(Number.NaN),
  infinite: d(Number.NEGATIVE_INFINITY),
  bool: b(false),
  bytes: bytes('deadbeef'),
  list: list(s('a'), i(1), list(d(0.1)), map({ k: b(true) })),
  map: map({ z: s('last'), a: i(1) }),
  nothing: {},
});

const INPUTS = {
  traces: [
    spansSample(),
    { resourceSpans: [{ resource: { attributes: VALUES }, scopeSpans: [{ spans: [{ name: 'bare' }, {}] }] }] },
    { resourceSpans: [{}, { scopeSpans: [{}, { spans: [{ name: 'x', attributes: VALUES }] }] }] },
  ],
  logs: [
    logsSample(),
    { resourceLogs: [{ scopeLogs: [{ logRecords: VALUES.map(({ value }) => ({ body: value })) }] }] },
    { resourceLogs: [{ scopeLogs: [{ scope: { name: 'n', version: 'v' }, logRecords: [{ attributes: VALUES }] }] }] },
  ],
  metrics: [metricsSample()],
} as const;

/** The text of the exporter, of every verbosity and signal. */
export const debugSuite: CompareSuite = {
  name: 'debug',
  cases: (['traces', 'logs', 'metrics'] as const).flatMap((signal) =>
    ['basic', 'normal', 'detailed'].flatMap((verbosity) =>
      INPUTS[signal].map(
        (input, index): CompareCase => ({
          name: `${verbosity} ${signal} ${index + 1}`,
          kind: 'exporter',
          type: 'debug',
          config: { verbosity, use_internal_logger: false, output_paths: ['FILE'] },
          signal,
          input: [input],
          reads: 'file',
        }),
      ),
    ),
  ),
};
