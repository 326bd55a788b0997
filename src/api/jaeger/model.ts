import { plainValue, type StoredAttribute, type StoredEvent, type StoredSpan, type StoredValue } from '#query';
import { listPieces } from '../http/answers.ts';
import type { AdjustedSpan, adjustTrace } from './adjust.ts';
import { shownService } from './parameters.ts';

/**
 * Traces as Jaeger UI's JSON (jaegertracing/jaeger internal/uimodel), made from OTLP spans by the same rules as Jaeger's own translation
 * (opentelemetry-collector-contrib pkg/translator/jaeger): what OTLP has and Jaeger's model lacks becomes tags.
 */

export interface JaegerTag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: string | number | boolean;
}
export interface JaegerReference {
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly flags: number;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  /** Microseconds since the epoch, and microseconds. */
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly JaegerTag[] }[];
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}
export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: { readonly [id: string]: JaegerProcess };
  readonly warnings: readonly string[] | null;
}

const KIND_TAGS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const SERVICE_NAME = 'service.name';
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** A trace before its spans have their form: that is made span by span. */
export interface TraceParts {
  readonly traceId: string;
  readonly spans: readonly AdjustedSpan[];
  readonly warning: string | undefined;
}

/** A trace as one object. */
export function wholeTrace({ traceId, spans, warning }: TraceParts): JaegerTrace {
  const processes = new Processes();
  return {
    traceID: traceId,
    spans: spans.map((span) => jaegerSpan(span, processes)),
    processes: processes.all,
    warnings: warning === undefined ? null : [warning],
  };
}

/** The JSON of `wholeTrace`, a piece a span. */
export function* tracePieces({ traceId, spans, warning }: TraceParts): Generator<string> {
  const processes = new Processes();
  yield `{"traceID":${JSON.stringify(traceId)},"spans":`;
  yield* listPieces(spans.values().map((span) => JSON.stringify(jaegerSpan(span, processes))));
  const warnings = warning === undefined ? null : [warning];
  yield `,"processes":${JSON.stringify(processes.all)},"warnings":${JSON.stringify(warnings)}}`;
}

/** Groups spans by trace, in the order of `traceIds`; traces without a span are left out. */
export function jaegerTraces(
  traceIds: readonly string[],
  spans: readonly StoredSpan[],
  adjust: typeof adjustTrace,
  warning?: string,
): TraceParts[] {
  const byTrace = Map.groupBy(spans, (span) => span.traceId);
  return traceIds.flatMap((traceId) => {
    const own = byTrace.get(traceId);
    return own === undefined ? [] : [{ traceId, spans: adjust(own), warning }];
  });
}

/** Processes get the ids p1, p2, … in order of appearance; equal ones are one. */
class Processes {
  readonly all: { [id: string]: JaegerProcess } = {};
  readonly #idByKey = new Map<string, string>();

  idOf(span: StoredSpan): string {
    const process = processOf(span);
    const key = JSON.stringify(process);
    const known = this.#idByKey.get(key);
    if (known !== undefined) return known;
    const id = `p${this.#idByKey.size + 1}`;
    this.#idByKey.set(key, id);
    this.all[id] = process;
    return id;
  }
}

export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly JaegerTag[];
}

export function processOf(span: StoredSpan): JaegerProcess {
  const tags = span.resource.filter(({ key }) => key !== SERVICE_NAME).map(tagOf);
  return { serviceName: shownService(span.service), tags };
}

function jaegerSpan({ span, warnings }: AdjustedSpan, processes: Processes): JaegerSpan {
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    flags: span.flags & 0xff,
    operationName: span.name,
    references: referencesOf(span),
    startTime: Number(span.startNs / 1000n),
    duration: Number(span.durationNs / 1000n),
    tags: tagsOf(span),
    logs: span.events.map((event) => ({
      timestamp: Number(event.timeNs / 1000n),
      fields: logFieldsOf(event),
    })),
    processID: processes.idOf(span),
    warnings: warnings.length > 0 ? warnings : null,
  };
}

export function logFieldsOf({ name, attributes }: StoredEvent): readonly JaegerTag[] {
  const isNamed = name !== '' && !attributes.some(({ key }) => key === 'event');
  return [...(isNamed ? [text('event', name)] : []), ...attributes.map(tagOf)];
}

/** The parent first, then the links: FOLLOWS_FROM unless the link says child_of. A link to the parent gives the parent its type. */
export function referencesOf(span: StoredSpan): JaegerReference[] {
  const references: JaegerReference[] = [];
  const links = span.links.map((link): JaegerReference => {
    const type = link.attributes.find(({ key }) => key === 'opentracing.ref_type')?.value.value;
    return { refType: type === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId };
  });
  const isParent = ({ traceID, spanID }: JaegerReference): boolean =>
    traceID === span.traceId && spanID === span.parentSpanId;
  if (span.parentSpanId !== '') {
    const refType = links.findLast(isParent)?.refType ?? 'CHILD_OF';
    references.push({ refType, traceID: span.traceId, spanID: span.parentSpanId });
  }
  return [...references, ...links.filter((link) => !isParent(link))];
}

export function tagsOf(span: StoredSpan): JaegerTag[] {
  const tags: JaegerTag[] = [];
  if (span.scopeName !== '') tags.push(text('otel.scope.name', span.scopeName));
  if (span.scopeVersion !== '') tags.push(text('otel.scope.version', span.scopeVersion));
  tags.push(...span.attributes.map(tagOf));
  const kind = KIND_TAGS[span.kind] ?? '';
  if (kind !== '') tags.push(text('span.kind', kind));
  if (span.statusCode === STATUS_OK) tags.push(text('otel.status_code', 'OK'));
  if (span.statusCode === STATUS_ERROR) {
    tags.push(text('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true });
  }
  if (span.statusMessage !== '') tags.push(text('otel.status_description', span.statusMessage));
  if (span.traceState !== '') tags.push(text('w3c.tracestate', span.traceState));
  return tags;
}

function text(key: string, value: string): JaegerTag {
  return { key, type: 'string', value };
}

function tagOf({ key, value }: StoredAttribute): JaegerTag {
  switch (value.type) {
    case 'bool':
      return { key, type: 'bool', value: value.value };
    case 'int':
      // Beyond 2^53 Jaeger writes the digits as text, because JavaScript would round the number.
      return { key, type: 'int64', value: typeof value.value === 'bigint' ? String(value.value) : value.value };
    case 'double':
      return { key, type: 'float64', value: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { key, type: 'binary', value: plainText(value) };
    default:
      return text(key, plainText(value));
  }
}

/** Arrays and maps are JSON text in Jaeger's model. */
function plainText(value: StoredValue): string {
  const plain = plainValue(value);
  if (plain === null) return '';
  return typeof plain === 'object' ? JSON.stringify(plain) : String(plain);
}
