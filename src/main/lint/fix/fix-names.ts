import type { ComponentSection } from '#config';
import { todayId, todayType } from '../renames.ts';
import type { Edit } from './edit.ts';
import { freeId, pipelinesOf, setProcessors } from './pipelines.ts';

const SECTIONS: readonly ComponentSection[] = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** Types and keys as they are called today. Runs last: the others know components by the names of the file. */
export function fixNames(edit: Edit, namesOnly: boolean): void {
  if (!namesOnly) replaceGone(edit);
  for (const section of SECTIONS) {
    for (const id of edit.keys([section])) {
      const today = todayId(section, id);
      if (today === id) continue;
      if (section === 'exporters' && id.split('/')[0] === 'logging') modernizeLogging(edit, id);
      const free = freeId(edit, [section], today);
      edit.say('name', [section, id], `${section}::${id} is ${free} today`);
      rename(edit, section, id, free);
    }
  }
  metricsAddress(edit);
  for (const id of edit.keys(['exporters']))
    if (todayType('exporters', id.split('/')[0]!).startsWith('prometheus')) resourceLabels(edit, id);
}

/** Renames a component, and what refers to it. */
function rename(edit: Edit, section: ComponentSection, from: string, to: string): void {
  edit.renameKey([section, from], to);
  const swap = (path: readonly (string | number)[]): void => {
    const ids = edit.list(path);
    for (const [index, id] of ids.entries()) if (id === from) edit.setText([...path, index], to);
  };
  if (section === 'extensions') {
    swap(['service', 'extensions']);
    return;
  }
  for (const { path } of pipelinesOf(edit)) {
    if (section === 'connectors') {
      swap([...path, 'receivers']);
      swap([...path, 'exporters']);
    } else swap([...path, section]);
  }
}

const VERBOSITY: Readonly<Record<string, string>> = {
  debug: 'detailed',
  info: 'normal',
  warn: 'basic',
  error: 'basic',
};

/** `loglevel` and the default were those of `logging`. */
function modernizeLogging(edit: Edit, id: string): void {
  const block = ['exporters', id];
  if (edit.text([...block, 'verbosity']) !== undefined) return;
  const level = edit.text([...block, 'loglevel']);
  const verbosity = VERBOSITY[(level ?? 'info').toLowerCase()];
  if (verbosity === undefined) return;
  if (level === undefined) {
    edit.set([...block, 'verbosity'], verbosity);
    edit.say('name', block, `exporters::${id}: verbosity: ${verbosity} was its default`);
    return;
  }
  edit.say('name', [...block, 'loglevel'], `exporters::${id}: loglevel: ${level} is verbosity: ${verbosity} today`);
  edit.renameKey([...block, 'loglevel'], 'verbosity');
  edit.setText([...block, 'verbosity'], verbosity);
}

/** What otelcol no longer has, and what does its work. */
function replaceGone(edit: Edit): void {
  for (const id of edit.keys(['exporters'])) {
    const [type, ...name] = id.split('/');
    const suffix = name.length > 0 ? name.join('/') : type;
    if (type === 'loki') replaceLoki(edit, id, `otlp_http/${suffix}`);
    if (type === 'jaeger') replaceJaeger(edit, id, `otlp_grpc/${suffix}`);
  }
  for (const id of edit.keys(['processors'])) {
    if (todayType('processors', id.split('/')[0]!) !== 'queued_retry') continue;
    for (const pipeline of pipelinesOf(edit)) {
      if (pipeline.processors.includes(id))
        setProcessors(
          edit,
          pipeline,
          pipeline.processors.filter((one) => one !== id),
        );
    }
    edit.say(
      'advice',
      ['processors', id],
      `processors::${id}: taken out; exporters have sending_queue and retry_on_failure`,
    );
    edit.remove(['processors', id]);
  }
  for (const id of edit.keys(['extensions'])) {
    if (id.split('/')[0] !== 'memory_ballast') continue;
    edit.say('advice', ['extensions', id], `extensions::${id}: taken out; it has no use any more`);
    const listed = edit.list(['service', 'extensions']);
    if (listed.includes(id))
      edit.setList(
        ['service', 'extensions'],
        listed.filter((one) => one !== id),
      );
    edit.remove(['extensions', id]);
  }
}

/** Keys that are not those of an HTTP client. */
const OF_LOKI = ['labels', 'tenant', 'tenant_id', 'format', 'default_labels_enabled'];

function replaceLoki(edit: Edit, id: string, to: string): void {
  const block = ['exporters', id];
  const endpoint = edit.text([...block, 'endpoint']);
  if (endpoint === undefined || endpoint.includes('${')) {
    edit.say(
      'left',
      block,
      `exporters::${id}: is gone from otelcol; write otlp_http with the endpoint http://HOST:3100/otlp`,
    );
    return;
  }
  const tenant = edit.text([...block, 'tenant_id']) ?? edit.text([...block, 'tenant', 'value']);
  const isStatic =
    edit.text([...block, 'tenant', 'source']) !== 'context' &&
    edit.text([...block, 'tenant', 'source']) !== 'attributes';
  const base = endpoint.replace(/\/loki\/api\/v1\/push\/?$/, '').replace(/\/$/, '');
  edit.say(
    'advice',
    block,
    `exporters::${id} is ${to} with endpoint: ${base}/otlp, which Loki 3 takes; its labels are made of the resource (service.name is service_name)`,
  );
  edit.setText([...block, 'endpoint'], `${base}/otlp`);
  for (const key of OF_LOKI) edit.remove([...block, key]);
  if (tenant !== undefined && isStatic) edit.set([...block, 'headers', 'X-Scope-OrgID'], JSON.stringify(tenant));
  rename(edit, 'exporters', id, freeId(edit, ['exporters'], to));
}

function replaceJaeger(edit: Edit, id: string, to: string): void {
  const block = ['exporters', id];
  const endpoint = edit.text([...block, 'endpoint']);
  const today = endpoint?.replace(/:14250$/, ':4317');
  if (today !== undefined) edit.setText([...block, 'endpoint'], today);
  edit.say('advice', block, `exporters::${id} is ${to} with endpoint: ${today ?? 'HOST:4317'}: Jaeger takes OTLP`);
  rename(edit, 'exporters', id, freeId(edit, ['exporters'], to));
}

/** `enabled` and what it leaves out are patterns today. */
function resourceLabels(edit: Edit, id: string): void {
  const block = ['exporters', id];
  const older = [...block, 'resource_to_telemetry_conversion'];
  if (edit.text([...older, 'enabled']) !== 'true' || edit.node([...block, 'resource_constant_labels']) !== undefined)
    return;
  const isWithoutService = edit.text([...older, 'exclude_service_attributes']) === 'true';
  const excluded = isWithoutService ? 'excluded: [service.name, service.namespace, service.instance.id]\n' : '';
  edit.say('name', older, `exporters::${id}::resource_to_telemetry_conversion is resource_constant_labels today`);
  edit.renameKey(older, 'resource_constant_labels');
  edit.set([...block, 'resource_constant_labels'], `included: ["*"]\n${excluded}`);
}

/** `address` has been ignored since 0.123. */
function metricsAddress(edit: Edit): void {
  const metrics = ['service', 'telemetry', 'metrics'];
  const address = edit.text([...metrics, 'address']);
  if (address === undefined || edit.node([...metrics, 'readers']) !== undefined) return;
  const match = /^(.*):(\d+)$/.exec(address);
  if (match === null) return;
  edit.say(
    'name',
    [...metrics, 'address'],
    `service::telemetry::metrics::address is a reader with host and port today`,
  );
  edit.remove([...metrics, 'address']);
  edit.set(
    [...metrics, 'readers'],
    `- pull:\n    exporter:\n      prometheus:\n        host: ${match[1] === '' ? '0.0.0.0' : match[1]}\n        port: ${match[2]}\n`,
  );
}
