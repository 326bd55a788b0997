import { isSeriesQuery } from '#lang/filter';
import type { ReadOptions, StatementCost } from '#query';
import { queryTraceqlInstant, queryTraceqlRange, searchTraceql } from '#query/traceql.ts';
import { msText, numberText, type Told, timeText } from '../told.ts';
import { type Asked, RANGE, type Tool } from '../tool.ts';
import { EXPLAIN, INSTANT, NARROW, tellCost, timesOf } from './languages.ts';

/** Of a trace so many matching spans are told. */
const SPANS = 3;

export const TRACEQL: Tool = {
  name: 'traceql',
  title: 'TraceQL',
  description:
    'Traces by TraceQL, for what a filter of single spans can not say: { resource.service.name="gateway" } >> { status=error }. The newest first. ' +
    'With a function of metrics behind it, series: { status=error } | rate() by (resource.service.name), as 12 points or with instant=true one.',
  arguments: {
    query: { type: 'string', description: 'the query' },
    limit: { type: 'integer', description: 'how many traces: 20 without it, 100 at most' },
    instant: INSTANT,
    explain: EXPLAIN,
    ...RANGE,
  },
  required: ['query'],
  run: async (asked, told) => {
    const { fromMs, toMs } = asked.range();
    const limit = asked.count('limit', 20, 100);
    const statements: StatementCost[] = [];
    const isExplained = asked.flag('explain');
    const options = { ...asked.context.options, ...(isExplained && { spent: { ms: 0, statements } }) };
    if (isSeriesQuery(asked.required('query'), 'traces')) {
      await tellSeries(asked, told, options);
      if (isExplained) tellCost(statements, told);
      return;
    }
    const { traces, warnings } = await searchTraceql(
      asked.context.reader,
      {
        query: asked.required('query'),
        startNs: BigInt(Math.floor(fromMs)) * 1_000_000n,
        endNs: BigInt(Math.floor(toMs)) * 1_000_000n,
        limit,
        spansPerSpanSet: SPANS,
      },
      options,
    );
    for (const warning of warnings) told.line(warning);
    const rows = traces.map((trace) => [
      trace.traceId,
      timeText(Number(trace.startNs / 1_000_000n)),
      msText(Number(trace.durationNs)),
      trace.isRootMissing ? '(root missing)' : `${trace.rootService} ${trace.rootName}`,
      trace.spanSets.reduce((sum, { matched }) => sum + matched, 0),
      (trace.spanSets[0]?.spans ?? [])
        .map(({ spanId, durationNs }) => `${spanId} ${msText(Number(durationNs))}`)
        .join(', '),
    ]);
    told.table(
      ['trace_id', 'start', 'duration', 'root', 'matched', 'spans'],
      rows,
      'add a condition, or a shorter range',
      {
        isCut: traces.length === limit,
      },
    );
    if (isExplained) tellCost(statements, told);
  },
};

/** Series of a query's metrics: points that end at the end of the range, or one value of all of it. */
async function tellSeries(asked: Asked, told: Told, options: ReadOptions): Promise<void> {
  const query = asked.required('query');
  const { reader } = asked.context;
  const { fromMs, toMs } = asked.range();
  const [startNs, endNs] = [fromMs, toMs].map((ms) => BigInt(Math.floor(ms)) * 1_000_000n);
  if (asked.flag('instant')) {
    const { series, warnings } = await queryTraceqlInstant(
      reader,
      { query, startNs: startNs!, endNs: endNs! },
      options,
    );
    for (const warning of warnings) told.line(warning);
    told.line(`${series.length} series, of all of the range`);
    const rows = series
      .toSorted((a, b) => b.value - a.value)
      .map(({ promLabels, value }) => [promLabels, numberText(value)]);
    told.table(['labels', 'value'], rows, NARROW);
    return;
  }
  const { stepMs } = timesOf(asked);
  const stepNs = BigInt(stepMs) * 1_000_000n;
  const question = { query, startNs: startNs!, endNs: endNs!, stepNs, exemplars: 0 };
  const { series, warnings } = await queryTraceqlRange(reader, question, options);
  for (const warning of warnings) told.line(warning);
  told.line(`${series.length} series`);
  const times = [...new Set(series.flatMap(({ samples }) => samples.map(({ timestampMs }) => timestampMs)))].sort(
    (a, b) => a - b,
  );
  if (times[0] !== undefined) told.line(`values from ${timeText(times[0])} every ${stepMs / 1000} s; - is none`);
  const rows = series.map(({ promLabels, samples }) => {
    const values = new Map(samples.map(({ timestampMs, value }) => [timestampMs, value]));
    const texts = times.map((time) => {
      const value = values.get(time);
      return value === undefined || Number.isNaN(value) ? '-' : numberText(value);
    });
    return [promLabels, texts.join(' ')];
  });
  told.table(['labels', 'values'], rows, NARROW);
}
