import type { Finding } from './finding.ts';
import type { LintComponent, LintFile, LintPipeline } from './lint-file.ts';

const SAMPLERS = ['tail_sampling', 'probabilistic_sampler'];
/** Defaults of tail_sampling. */
const NUM_TRACES = 50_000;
const DECISION_WAIT_MS = 30_000;
/** Fewer new traces a second than this are little for what feeds a whole collector. */
const ENOUGH_TRACES_PER_SECOND = 10_000;

export function samplingRules(file: LintFile): Finding[] {
  return [
    ...file
      .used('processors', 'tail_sampling')
      .flatMap((sampler) => [
        ...traceRate(sampler),
        ...decisionCache(sampler),
        ...latencyThresholds(sampler),
        ...policiesAddUp(sampler),
      ]),
    ...file.pipelines
      .filter(({ signal }) => signal === 'traces')
      .flatMap((pipeline) => [
        ...splitTraces(file, pipeline),
        ...sampledBefore(file, pipeline),
        ...metricsBeforeSampling(file, pipeline),
      ]),
  ];
}

function traceRate(sampler: LintComponent): Finding[] {
  const traces = sampler.number('num_traces') ?? NUM_TRACES;
  const seconds = (sampler.duration('decision_wait') ?? DECISION_WAIT_MS) / 1000;
  const expected = sampler.number('expected_new_traces_per_sec') ?? 0;
  const perSecond = Math.floor(traces / seconds);
  if (perSecond >= (expected > 0 ? expected : ENOUGH_TRACES_PER_SECOND)) return [];
  const text =
    `${traces} traces are held for ${seconds} s each: from ${perSecond} new traces a second on, the oldest are thrown out before their ` +
    `decision; set it to twice what arrives in ${seconds} s`;
  return [sampler.warn('trace-rate', ['num_traces'], text)];
}

function decisionCache(sampler: LintComponent): Finding[] {
  if (sampler.node('decision_cache') !== undefined) return [];
  const size = 4 * (sampler.number('num_traces') ?? NUM_TRACES);
  const text =
    'without a decision_cache otelcol decides anew about spans that come late; here decisions are remembered for four times num_traces; ' +
    `write decision_cache: {sampled_cache_size: ${size}, non_sampled_cache_size: ${size}} to have it in both`;
  return [sampler.warn('decision-cache', [], text)];
}

function latencyThresholds(sampler: LintComponent): Finding[] {
  const policies = sampler.node('policies');
  if (policies?.kind !== 'list') return [];
  return policies.items.flatMap((_, index) => {
    if (sampler.value('policies', index, 'type') !== 'latency') return [];
    const path = ['policies', index, 'latency', 'threshold_ms'];
    if (sampler.value('policies', index, 'latency', 'threshold_inclusive') !== undefined) return [];
    const text =
      `keeps traces longer than ${String(sampler.value(...path))} ms, as otelcol since 0.157; before, one of exactly so long was kept too: ` +
      'threshold_inclusive: true does that here';
    return [sampler.warn('latency-threshold', path, text)];
  });
}

/** A trace is kept when one policy wants it: shares of all come on top of what the others keep. */
function policiesAddUp(sampler: LintComponent): Finding[] {
  const policies = sampler.node('policies');
  if (policies?.kind !== 'list' || policies.items.length < 2) return [];
  return policies.items.flatMap((_, index) => {
    if (sampler.value('policies', index, 'type') !== 'probabilistic') return [];
    const path = ['policies', index, 'probabilistic', 'sampling_percentage'];
    const others = policies.items.length - 1;
    const text =
      `${String(sampler.value(...path) ?? 0)} % of the traces that the other ${others === 1 ? 'policy does' : `${others} policies do`} not keep come on ` +
      'top of those that they keep; how much is kept in all depends on the traffic';
    return [sampler.find('note', 'policies-add-up', path, text)];
  });
}

/** What a sampler in front has thrown away, no policy can keep. */
function sampledBefore(file: LintFile, pipeline: LintPipeline): Finding[] {
  const tail = file.processorIn(pipeline, 'tail_sampling');
  if (tail === undefined) return [];
  const before = pipeline.processors.slice(0, pipeline.processors.indexOf(tail));
  const head =
    file.processorIn({ ...pipeline, processors: before }, 'probabilistic_sampler') ??
    file.upstream(pipeline).flatMap((other) => file.processorIn(other, 'probabilistic_sampler') ?? [])[0];
  if (head === undefined) return [];
  const text =
    `${head} samples before ${tail} and knows nothing of a trace but its id: of the traces that ${tail} would keep, it throws away as many as of all ` +
    'others; leave it out, or let a policy of type probabilistic do its work';
  return [file.pipelineWarning('sampled-before', pipeline, text)];
}

/** An agent on each node sees the spans of its node alone. */
function splitTraces(file: LintFile, pipeline: LintPipeline): Finding[] {
  const sampler = file.processorIn(pipeline, 'tail_sampling');
  if (sampler === undefined) return [];
  const agents = file
    .used('processors', 'k8s_attributes')
    .filter(
      (one) => one.value('filter', 'node_from_env_var') !== undefined || one.value('filter', 'node') !== undefined,
    );
  if (agents.length === 0) return [];
  const text =
    `${agents[0]!.id} looks at one node, so this collector runs on each, and ${sampler} decides about the part of a trace that its node has; ` +
    'let the agents send by load_balancing with routing_key: traceID to collectors that sample';
  return [file.pipelineWarning('split-traces', pipeline, text)];
}

/** What is counted behind a sampler is what the sampler left. */
function metricsBeforeSampling(file: LintFile, pipeline: LintPipeline): Finding[] {
  const sampler = file.processorIn(pipeline, ...SAMPLERS);
  if (sampler === undefined) return [];
  const connectors = file.used('connectors', 'span_metrics');
  const behind = connectors.find(({ id }) => pipeline.exporters.includes(id));
  if (behind !== undefined) {
    const text = `${behind.id} counts the spans that ${sampler} left; feed it from a pipeline without a sampler`;
    return [file.pipelineWarning('metrics-behind-sampling', pipeline, text)];
  }
  const before = file.pipelines.some(
    (other) =>
      other.signal === 'traces' &&
      file.processorIn(other, ...SAMPLERS) === undefined &&
      connectors.some(({ id }) => other.exporters.includes(id)),
  );
  if (before) return [];
  const text =
    `${sampler} is all that sees the spans, so no rates, errors and durations are derived from them; ` +
    'put the connector span_metrics before it, in a pipeline of its own';
  return [file.pipelineWarning('no-span-metrics', pipeline, text)];
}
