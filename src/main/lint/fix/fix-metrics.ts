import type { LintFile } from '../lint-file.ts';
import type { Edit } from './edit.ts';
import {
  defineSection,
  type EditedPipeline,
  freeId,
  metricsPipeline,
  pipelinesOf,
  setProcessors,
  typeOf,
} from './pipelines.ts';

const SAMPLERS = ['tail_sampling', 'probabilistic_sampler'];

/** Metrics of spans before sampling, and the series under the names that dashboards ask for. */
export function fixMetrics(file: LintFile, edit: Edit): void {
  for (const pipeline of pipelinesOf(edit)) if (pipeline.signal === 'traces') addSpanMetrics(edit, pipeline);
  for (const exporter of file.used('exporters', 'prometheus')) namesAndLabels(edit, exporter.id);
}

const SPAN_METRICS = `histogram:
  unit: s
dimensions:
  - name: http.request.method
  - name: http.response.status_code
exemplars:
  enabled: true
`;

/** Parts a pipeline in front of its sampler: span_metrics sees all spans, and the rest goes on as before. */
function addSpanMetrics(edit: Edit, pipeline: EditedPipeline): void {
  const { id, path, processors, exporters } = pipeline;
  const at = processors.findIndex((one) => SAMPLERS.includes(typeOf('processors', one)));
  if (at < 0 || hasSpanMetrics(edit)) return;
  const target = metricsPipeline(edit);
  if (target === undefined) {
    edit.say(
      'left',
      path,
      `service::pipelines::${id}: no metrics are made of its spans: there is no pipeline for metrics`,
    );
    return;
  }
  const connector = definedOrNew(edit);
  const forward = freeId(edit, ['connectors'], 'forward/sampling');
  const behind = freeId(edit, ['service', 'pipelines'], `${id}/sampling`);
  edit.set(['connectors', forward], '');
  edit.set(
    [...path.slice(0, -1), behind],
    `receivers: [${forward}]\nprocessors: [${processors.slice(at).join(', ')}]\nexporters: [${exporters.join(', ')}]\n`,
    nextOf(edit, id),
  );
  setProcessors(edit, pipeline, processors.slice(0, at));
  edit.setList([...path, 'exporters'], [connector, forward]);
  edit.setList([...target.path, 'receivers'], [...target.receivers, connector]);
  edit.say(
    'advice',
    path,
    `service::pipelines::${id}: span_metrics sees all its spans now and feeds ${target.id}; what samples and exports them is the new pipeline ${behind}`,
  );
}

/** A connector that is defined and stands in no pipeline, else a new one. */
function definedOrNew(edit: Edit): string {
  const known = edit.keys(['connectors']).find((one) => typeOf('connectors', one) === 'span_metrics');
  if (known !== undefined) return known;
  defineSection(edit, 'connectors');
  edit.set(['connectors', 'span_metrics'], SPAN_METRICS);
  return 'span_metrics';
}

function nextOf(edit: Edit, id: string): string | undefined {
  const ids = pipelinesOf(edit).map((one) => one.id);
  return ids[ids.indexOf(id) + 1];
}

function hasSpanMetrics(edit: Edit): boolean {
  return pipelinesOf(edit).some(({ exporters }) =>
    exporters.some((one) => typeOf('connectors', one) === 'span_metrics'),
  );
}

function namesAndLabels(edit: Edit, id: string): void {
  const block = ['exporters', id];
  const say = (key: string, text: string): void => edit.say('advice', [...block, key], `exporters::${id}: ${text}`);
  const namespace = edit.text([...block, 'namespace']);
  if (namespace !== undefined && namespace !== '') {
    say('namespace', `namespace: ${namespace} taken out; series have the names that dashboards and rules ask for`);
    edit.remove([...block, 'namespace']);
  }
  const older = [...block, 'resource_to_telemetry_conversion'];
  const isOlder = edit.node(older) !== undefined;
  const isOn = isOlder && edit.text([...older, 'enabled']) === 'true';
  if (!isOn && edit.node([...block, 'resource_constant_labels']) === undefined) {
    if (isOlder) edit.remove(older);
    edit.set([...block, 'resource_constant_labels', 'included'], '["*"]');
    say('', 'resource_constant_labels: all; series have service_name and what else their resource has');
  }
  if (edit.text([...block, 'enable_open_metrics']) !== 'true') {
    edit.set([...block, 'enable_open_metrics'], 'true');
    say('', 'enable_open_metrics: true, for exemplars');
  }
}
