import { type CollectorName, sendLoad, startCollector, startSink } from '../lib/collectors.ts';
import { cpuSeconds, memoryOf, sleep } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, mebibytes, short } from '../lib/report.ts';

/** The article's tail sampling between OTLP/HTTP in and out: CPU per span, and memory per byte of buffered wire data. */

const SPANS_PER_REQUEST = 1000;
const REQUESTS = 400;
/** The window is longer than the load takes, so that all of it is buffered when memory is read. */
const DECISION_WAIT_S = 25;

interface Measured {
  readonly collector: CollectorName;
  readonly spans: number;
  readonly sampledSpans: number;
  readonly wireBytes: number;
  readonly cpuSeconds: number;
  readonly spansPerCpuSecond: number;
  readonly baselineBytes: number;
  readonly bufferedBytes: number;
  readonly memoryPerByte: number;
}

export const tailSamplingCase: BenchCase = {
  name: 'tail-sampling',
  async run(): Promise<CaseResult> {
    const ours = await measure('signalbox');
    const theirs = await measure('otelcol');
    const ratio = ours.spansPerCpuSecond / theirs.spansPerCpuSecond;
    return {
      raw: [ours, theirs],
      rows: [
        {
          what: 'the article’s tail sampling, 10 spans a trace',
          goal: '≥ 3x otelcol',
          measured: `${ratio.toFixed(1)}x: ${short(ours.spansPerCpuSecond)} spans per CPU-second, kept ${kept(ours)}`,
          peer: `otelcol ${short(theirs.spansPerCpuSecond)}, kept ${kept(theirs)}`,
          met: ratio >= 3,
        },
        {
          what: 'tail sampling: memory per byte of buffered wire data',
          goal: '≤ 1.5 bytes',
          measured: `${ours.memoryPerByte.toFixed(2)} (${mebibytes(ours.wireBytes)} buffered)`,
          peer: `otelcol ${theirs.memoryPerByte.toFixed(2)}`,
          met: ours.memoryPerByte <= 1.5,
        },
      ],
    };
  },
};

function kept(measured: Measured): string {
  return `${((measured.sampledSpans / measured.spans) * 100).toFixed(1)} %`;
}

async function measure(collector: CollectorName): Promise<Measured> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink.url));
  try {
    const load = { url: running.tracesUrl, spans: SPANS_PER_REQUEST, spansPerTrace: 10, concurrency: 8 };
    await sleep(1000);
    const baselineBytes = memoryOf(running.pid).rssBytes;
    const before = cpuSeconds(running.pid);
    const result = await sendLoad({ ...load, requests: REQUESTS });
    await sleep(2000);
    const bufferedBytes = memoryOf(running.pid).rssBytes;
    await sleep((DECISION_WAIT_S + 3) * 1000);
    const used = cpuSeconds(running.pid) - before;
    return {
      collector,
      spans: result.acceptedSpans,
      sampledSpans: (await sink.count()).spans,
      wireBytes: result.bytes,
      cpuSeconds: used,
      spansPerCpuSecond: result.acceptedSpans / used,
      baselineBytes,
      bufferedBytes,
      memoryPerByte: (bufferedBytes - baselineBytes) / result.bytes,
    };
  } finally {
    await running.stop();
    await sink.stop();
  }
}

/** The article's policies unchanged; only the window and the room for traces are larger, so that the whole load is buffered. */
function configuration(sinkUrl: string): string {
  return `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:PORT
processors:
  tail_sampling:
    decision_wait: ${DECISION_WAIT_S}s
    num_traces: 200000
    policies:
      - name: errors-policy
        type: status_code
        status_code:
          status_codes: [ERROR]
      - name: slow-traces
        type: latency
        latency:
          threshold_ms: 1000
      - name: probabilistic-sample
        type: probabilistic
        probabilistic:
          sampling_percentage: 5
      - name: always-sample-payment
        type: string_attribute
        string_attribute:
          key: "service.name"
          values: ["payment-service"]
exporters:
  otlp_http:
    endpoint: ${sinkUrl}
    compression: none
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      processors: [tail_sampling]
      exporters: [otlp_http]
`;
}
