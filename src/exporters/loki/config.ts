import type { Modernized } from '#component';
import {
  boolean,
  type DeliveryConfig,
  deliveryShape,
  type HttpClientConfig,
  httpClientShape,
  type MapNode,
  mapOf,
  oneOf,
  type Schema,
  strictObject,
  text,
  toDelivery,
  toHttpClient,
} from '#config';
import { clientMistakes } from '../shared/http-sender.ts';

/** What users write under `loki:` (otelcol-contrib exporter/lokiexporter, the last of which was v0.130.0). */
export interface LokiExporterConfig {
  readonly client: HttpClientConfig;
  readonly delivery: DeliveryConfig;
  /** Labels that each stream has, but for those that are turned off. */
  readonly defaultLabels: ReadonlyMap<string, boolean>;
  /** The block that the exporter had up to 0.57: with it, labels and lines are as it says. */
  readonly labels: NamedLabels | undefined;
  readonly tenant: Tenant | undefined;
  readonly format: 'body' | 'json';
}

/** Label names by what they are taken from. */
export interface NamedLabels {
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: ReadonlyMap<string, string>;
  readonly record: ReadonlyMap<string, string>;
}

export interface Tenant {
  readonly source: 'static' | 'context' | 'attributes';
  readonly value: string;
}

const RECORD_FIELDS = ['traceID', 'spanID', 'severity', 'severityN'];
const TIMEOUT_MS = 30_000;
const OLD = 'of the older form';

export const lokiExporterSchema: Schema<LokiExporterConfig> = strictObject({
  ...httpClientShape({ timeoutMs: TIMEOUT_MS, writeBufferSizeBytes: 512 * 1024 }),
  ...deliveryShape({ timeoutMs: 0 }),
  timeout: httpClientShape({ timeoutMs: TIMEOUT_MS }).timeout,
  default_labels_enabled: mapOf(boolean()).describe(
    '`exporter`, `job`, `instance` and `level` are labels, but for those that are `false` here',
  ),
  labels: strictObject({
    attributes: mapOf(text()).describe(
      'label names by attribute: of the record, else of the resource, else the severity text; an empty name is that of the attribute',
    ),
    resource: mapOf(text()).describe('label names by attribute of the resource'),
    record: mapOf(text()).describe('label names by field of the record: `traceID`, `spanID`, `severity`, `severityN`'),
  })
    .optional()
    .describe(`${OLD}: the labels are these, and no others`),
  format: oneOf(['body', 'json'], 'body').meta({
    description: `${OLD}, beside \`labels\`: what a line is`,
    words: { body: 'the body, behind what is no label', json: 'everything as JSON' },
  }),
  tenant: strictObject({
    source: oneOf(['static', 'context', 'attributes']).meta({
      description: 'where it comes from',
      words: {
        static: '`value` is it',
        context: 'the header or metadata `value` of the client',
        attributes: 'the attribute `value` of the resource, or of the record',
      },
    }),
    value: text().describe('see `source`'),
  })
    .optional()
    .describe(`${OLD}: the tenant that the lines belong to`),
  tenant_id: text('').describe(`${OLD}: the same as a fixed text`),
}).transform((raw) => ({
  client: toHttpClient(raw),
  delivery: { ...toDelivery(raw), timeoutMs: 0 },
  defaultLabels: raw.default_labels_enabled,
  labels: raw.labels,
  tenant: raw.tenant ?? (raw.tenant_id === '' ? undefined : { source: 'static', value: raw.tenant_id }),
  format: raw.format,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateLokiExporter(config: LokiExporterConfig): readonly Mistake[] {
  const { client, labels } = config;
  const mistakes: Mistake[] = clientMistakes(client, 'http://loki:3100/loki/api/v1/push');
  for (const [kind, names] of Object.entries(labels ?? {}) as [keyof NamedLabels, ReadonlyMap<string, string>][]) {
    for (const [key, name] of names) {
      const path = ['labels', kind, key];
      if (name !== '' && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
        mistakes.push({ path, message: `"${name}" is not a valid label name: letters, digits and _` });
      }
      if (kind === 'record' && !RECORD_FIELDS.includes(key)) {
        mistakes.push({ path, message: `there is no field "${key}"; there are ${RECORD_FIELDS.join(', ')}` });
      }
    }
  }
  const named = labels === undefined ? 1 : labels.attributes.size + labels.resource.size + labels.record.size;
  if (named === 0) mistakes.push({ path: ['labels'], message: 'names no label; name some, or take the block out' });
  return mistakes;
}

/** The exporter is gone from otelcol, and its block `labels` long before. Both are said, with what to write today. */
export function modernizeLokiExporter(block: MapNode): Modernized {
  const endpoint = block.entries.get('endpoint')?.node;
  const url = endpoint?.kind === 'scalar' ? String(endpoint.value) : '';
  const base = url.replace(/\/loki\/api\/v1\/push\/?$/, '') || 'http://HOST:3100';
  const warnings: { key: string; message: string }[] = [];
  if (block.entries.has('endpoint')) {
    const message = `the exporter loki is gone from otelcol since 0.131; today's form is otlp_http with "endpoint: ${base}/otlp" (Loki 3)`;
    warnings.push({ key: 'endpoint', message });
  }
  const gone = 'is gone from the exporter loki since 0.59';
  if (block.entries.has('labels')) {
    const message = `"labels" ${gone}; with otlp_http, Loki makes its labels of the resource (service.name becomes service_name)`;
    warnings.push({ key: 'labels', message });
  }
  for (const key of ['tenant', 'tenant_id']) {
    if (block.entries.has(key)) {
      warnings.push({ key, message: `"${key}" ${gone}; with otlp_http, set the header X-Scope-OrgID` });
    }
  }
  if (block.entries.has('format')) warnings.push({ key: 'format', message: `"format" ${gone}` });
  return { block, warnings };
}
