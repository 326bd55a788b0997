import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManualClock } from '#base';
import { Account, type CreateSettings } from '#component';
import { Batch } from '#pdata';
import { decodeTraces } from '#wire';
import type { TailSamplingConfig } from '../../src/processors/tail_sampling/config.ts';
import { tailSamplingFactory } from '../../src/processors/tail_sampling/index.ts';
import type { TailSamplingProcessor } from '../../src/processors/tail_sampling/tail-sampling.ts';
import { ARTICLE_POLICIES } from '../lib/article-policies.ts';
import { traceBody } from '../lib/otlp-bodies.ts';

/**
 * The tail sampler alone: memory per byte of buffered wire data and CPU per span of the main thread, with the article's policies. Arguments: spans per
 * request (1000), total spans (400000). Bodies are made and decoded outside of the CPU figures. Prints one JSON line.
 */
const spansPerRequest = Number(process.argv[2] ?? 1000);
const totalSpans = Number(process.argv[3] ?? 400_000);
const SPANS_PER_TRACE = 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const nothing = { add: () => {}, record: () => {} };
const clock = new ManualClock();
const settings: CreateSettings = {
  id: 'tail_sampling',
  pipeline: 'traces',
  logger: { debug: () => {}, info: () => {}, warn: console.error, error: console.error },
  meter: { counter: () => nothing, histogram: () => nothing, gauge: () => () => {} },
  account: new Account({ report: () => {}, holds: () => () => {}, trouble: () => {} }),
  clock,
  random: () => 0.5,
  instanceId: 'bench',
  version: 'bench',
  allowedHosts: [],
  featureGates: [],
  stateDir: '',
  reportStatus: () => {},
  reportRefusing: () => {},
};
let sampledSpans = 0;
const config = tailSamplingFactory.schema.parse({
  decision_wait: '10s',
  num_traces: 1_000_000,
  policies: ARTICLE_POLICIES,
}) as TailSamplingConfig;
const sampler = tailSamplingFactory.create(settings, config, 'traces', {
  mutatesData: false,
  consume: async (batch) => {
    sampledSpans += batch.itemCount;
  },
}) as TailSamplingProcessor;
await sampler.start();

function nextBody(seed: number): Uint8Array {
  return traceBody({ spanCount: spansPerRequest, spansPerTrace: Math.min(SPANS_PER_TRACE, spansPerRequest), seed });
}

function memory(): { heapAndExternal: number; rss: number } {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapAndExternal: heapUsed + external, rss };
}

async function measureCpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const after = process.threadCpuUsage();
  return (after.user + after.system - before.user - before.system) / 1000;
}

const requests = Math.floor(totalSpans / spansPerRequest);
nextBody(0);
const before = memory();
let bodyBytes = 0;
let takeMs = 0;
const GROUP = Math.max(1, Math.floor(1000 / spansPerRequest));
for (let request = 0; request < requests; request += GROUP) {
  const batches: Batch[] = [];
  for (let i = request; i < Math.min(requests, request + GROUP); i++) {
    const body = nextBody(i + 1);
    bodyBytes += body.length;
    batches.push(new Batch('traces', [decodeTraces(body).chunk]));
  }
  takeMs += await measureCpuMs(async () => {
    for (const batch of batches) await sampler.consume(batch);
  });
}
const held = memory();
const figures = sampler.describe();
const decideMs = await measureCpuMs(() => clock.advance(20_000));
const after = memory();
const spans = requests * spansPerRequest;
console.log(
  JSON.stringify({
    spansPerRequest,
    spans,
    bodyBytes,
    memoryPerByte: round((held.heapAndExternal - before.heapAndExternal) / bodyBytes),
    rssPerByte: round((held.rss - before.rss) / bodyBytes),
    reportedPerByte: round(figures.memoryBytes / bodyBytes),
    takeNsPerSpan: Math.round((takeMs * 1e6) / spans),
    decideNsPerSpan: Math.round((decideMs * 1e6) / spans),
    sampledSpans,
    leftBytes: after.heapAndExternal - before.heapAndExternal,
    leftReported: sampler.describe().memoryBytes,
  }),
);

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
