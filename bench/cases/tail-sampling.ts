import { ARTICLE_POLICIES } from '../lib/article-policies.ts';
import { inTurns, type Measured, measureLoad } from '../lib/beside.ts';
import { type CollectorName, startCollector, startSink } from '../lib/collectors.ts';
import { collectorConfiguration } from '../lib/configuration.ts';
import { memoryOf, sleep } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, mebibytes } from '../lib/report.ts';

/** The article's tail sampling between OTLP/HTTP in and out: CPU per span, and memory per byte of buffered wire data. */

const EFFORT = { warmUpRequests: 100, requests: 400 };
/** The window is longer than the load takes, so that all of it is buffered when memory is read. */
const DECISION_WAIT_S = 25;
const BYTES_PER_SPAN = 466;

interface MeasuredSampling extends Measured {
  readonly sampledSpans: number;
  readonly memoryPerByte: number;
}

const LINE = { what: 'the article’s tail sampling, 10 spans a trace', goal: 5, items: 'spans' };

export const tailSamplingCase: BenchCase = { name: 'tail-sampling', run };

async function run(): Promise<CaseResult> {
  const raw: MeasuredSampling[] = [];
  const { rows } = await inTurns([LINE], 2, async (_, collector) => {
    const measured = await measure(collector);
    raw.push(measured);
    return measured;
  });
  const of = (name: CollectorName): readonly MeasuredSampling[] => raw.filter(({ collector }) => collector === name);
  const kept = (name: CollectorName): string =>
    of(name)
      .map(({ sampledSpans }) => sampledSpans)
      .join(', ');
  const memory = (name: CollectorName): number => Math.min(...of(name).map(({ memoryPerByte }) => memoryPerByte));
  return {
    raw,
    rows: [
      {
        ...rows[0]!,
        measured: `${rows[0]!.measured}; kept ${kept('signalbox')}`,
        peer: `${rows[0]!.peer}; kept ${kept('otelcol')}`,
      },
      {
        what: 'tail sampling: memory per byte of buffered wire data',
        goal: '≤ 1.5 bytes',
        measured: `${memory('signalbox').toFixed(2)} (${mebibytes(raw[0]!.items * BYTES_PER_SPAN)} buffered)`,
        peer: `otelcol ${memory('otelcol').toFixed(2)}`,
        met: memory('signalbox') <= 1.5,
      },
    ],
  };
}

async function measure(collector: CollectorName): Promise<MeasuredSampling> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink.url));
  // Before any load: what the warm-up leaves behind counts.
  const rss = [memoryOf(running.pid).rssBytes];
  const kept: number[] = [];
  try {
    const measured = await measureLoad({
      collector,
      running,
      load: { url: running.urlOf('traces'), spansPerTrace: 10, concurrency: 8 },
      effort: EFFORT,
      async settle() {
        await sleep(2000);
        rss.push(memoryOf(running.pid).rssBytes);
        await sleep((DECISION_WAIT_S + 3) * 1000);
        kept.push((await sink.count()).spans);
      },
    });
    return {
      ...measured,
      sampledSpans: kept[1]! - kept[0]!,
      memoryPerByte: (rss[2]! - rss[0]!) / (measured.items * BYTES_PER_SPAN),
    };
  } finally {
    await running.stop();
    await sink.stop();
  }
}

/** The article's policies unchanged; only the window and the room for traces are larger, so that the whole load is buffered. */
function configuration(sinkUrl: string): string {
  return collectorConfiguration({
    processors: {
      tail_sampling: { decision_wait: `${DECISION_WAIT_S}s`, num_traces: 200_000, policies: ARTICLE_POLICIES },
    },
    exporters: { otlp_http: { endpoint: sinkUrl, compression: 'none' } },
    pipelines: { traces: { processors: ['tail_sampling'], exporters: ['otlp_http'] } },
  });
}
