/** The spans of a file: OTLP/JSON as it is sent, as Jaeger and Tempo answer, one document or one a line; and Jaeger's own JSON. */
import type { Attributes, AttributeValue, SpanKind, SpanResponse, SpanStatus } from '#api/types.ts';

/** A file that is no trace, or too much of one. What it says is meant for a person. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';
}

/** A span as the API gives it, as far as a file tells of one. */
export interface FileSpan
  extends Pick<
    SpanResponse,
    | 'traceId'
    | 'spanId'
    | 'service'
    | 'name'
    | 'kind'
    | 'status'
    | 'statusMessage'
    | 'traceState'
    | 'flags'
    | 'attributes'
    | 'resource'
    | 'scope'
    | 'events'
    | 'links'
  > {
  /** Empty for a root. */
  readonly parentId: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];
/** Deeper values than this no SDK writes. */
const MAX_DEPTH = 20;

/** Throws `TraceFileError`. */
export function readFileSpans(text: string): readonly FileSpan[] {
  const spans = documentsOf(text).flatMap(spansOf);
  if (spans.length === 0)
    throw new TraceFileError('the file has no spans: expected OTLP/JSON with resourceSpans, or the JSON of Jaeger');
  return spans;
}

function documentsOf(text: string): readonly Json[] {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') throw new TraceFileError('the file is empty');
  try {
    return [objectOf(JSON.parse(trimmed), 'the file')];
  } catch (error) {
    if (error instanceof TraceFileError) throw error;
    const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (lines.length < 2) throw new TraceFileError(`the file is no JSON: ${(error as Error).message}`);
    return lines.map((line, i) => {
      try {
        return objectOf(JSON.parse(line), `line ${i + 1}`);
      } catch (cause) {
        throw new TraceFileError(`line ${i + 1} of the file is no JSON: ${(cause as Error).message}`);
      }
    });
  }
}

function spansOf(document: Json): readonly FileSpan[] {
  const inner = [document, document.result, document.trace].find(
    (one): one is Json => isObject(one) && (Array.isArray(one.resourceSpans) || Array.isArray(one.batches)),
  );
  if (inner !== undefined) return ofOtlp((inner.resourceSpans ?? inner.batches) as readonly unknown[]);
  return Array.isArray(document.data) ? document.data.flatMap((one) => ofJaeger(objectOf(one, 'data'))) : [];
}

function ofOtlp(groups: readonly unknown[]): readonly FileSpan[] {
  return groups.flatMap((group, i) => {
    const place = `resourceSpans[${i}]`;
    const { resource, scopeSpans, instrumentationLibrarySpans } = objectOf(group, place);
    const attributes = isObject(resource) ? attributesOf(resource.attributes) : {};
    return listOf(scopeSpans ?? instrumentationLibrarySpans).flatMap((inScope, j) => {
      const scopePlace = `${place}.scopeSpans[${j}]`;
      const { scope, spans } = objectOf(inScope, scopePlace);
      const named = isObject(scope) ? scope : {};
      const ofScope = {
        name: textOf(named.name),
        version: textOf(named.version),
        attributes: attributesOf(named.attributes),
      };
      return listOf(spans).map((span, k) => otlpSpan(span, `${scopePlace}.spans[${k}]`, attributes, ofScope));
    });
  });
}

function otlpSpan(given: unknown, place: string, resource: Attributes, scope: FileSpan['scope']): FileSpan {
  const span = objectOf(given, place);
  const status = isObject(span.status) ? span.status : {};
  const startNs = nsOf(span.startTimeUnixNano, `${place}.startTimeUnixNano`);
  const endNs = nsOf(span.endTimeUnixNano, `${place}.endTimeUnixNano`);
  return {
    traceId: idOf(span.traceId, 16, `${place}.traceId`),
    spanId: idOf(span.spanId, 8, `${place}.spanId`),
    parentId: parentOf(span.parentSpanId, `${place}.parentSpanId`),
    startNs,
    endNs: endNs < startNs ? startNs : endNs,
    name: textOf(span.name),
    service: String(resource['service.name'] ?? ''),
    kind: wordOf(span.kind, KINDS, 'SPAN_KIND_'),
    status: wordOf(status.code, STATUSES, 'STATUS_CODE_'),
    statusMessage: textOf(status.message),
    traceState: textOf(span.traceState),
    flags: typeof span.flags === 'number' ? span.flags : 0,
    attributes: attributesOf(span.attributes),
    resource,
    scope,
    events: listOf(span.events)
      .filter(isObject)
      .map((event) => ({
        timeNs: String(nsOf(event.timeUnixNano ?? '0', `${place}.events`)),
        name: textOf(event.name),
        attributes: attributesOf(event.attributes),
      })),
    links: listOf(span.links)
      .filter(isObject)
      .map((link) => ({
        traceId: idOf(link.traceId, 16, `${place}.links`),
        spanId: idOf(link.spanId, 8, `${place}.links`),
        traceState: textOf(link.traceState),
        attributes: attributesOf(link.attributes),
      })),
  };
}

/** Jaeger's own form: microseconds, tags with types, and processes by name. */
function ofJaeger({ spans, processes }: Json): readonly FileSpan[] {
  const known = isObject(processes) ? processes : {};
  return listOf(spans).map((given, i) => {
    const place = `spans[${i}]`;
    const span = objectOf(given, place);
    const process = isObject(known[textOf(span.processID)]) ? (known[textOf(span.processID)] as Json) : {};
    const service = textOf(process.serviceName);
    const tags = tagsOf(span.tags);
    const parent = listOf(span.references)
      .filter(isObject)
      .find(({ refType }) => refType === 'CHILD_OF');
    const startNs = nsOf(span.startTime, `${place}.startTime`) * 1000n;
    return {
      traceId: idOf(span.traceID, 16, `${place}.traceID`),
      spanId: idOf(span.spanID, 8, `${place}.spanID`),
      parentId: parentOf(parent?.spanID ?? span.parentSpanID, `${place}.references`),
      startNs,
      endNs: startNs + nsOf(span.duration ?? 0, `${place}.duration`) * 1000n,
      name: textOf(span.operationName),
      service,
      kind: KINDS.find((kind) => kind === tags['span.kind']) ?? 'unspecified',
      status: tags.error === true || tags['otel.status_code'] === 'ERROR' ? 'error' : 'unset',
      statusMessage: textOf(tags['otel.status_description']),
      traceState: '',
      flags: 0,
      attributes: tags,
      resource: { 'service.name': service, ...tagsOf(process.tags) },
      scope: { name: textOf(tags['otel.scope.name']), version: '', attributes: {} },
      events: listOf(span.logs)
        .filter(isObject)
        .map((log) => {
          const { event = '', ...fields } = tagsOf(log.fields);
          const timeNs = nsOf(log.timestamp, `${place}.logs`) * 1000n;
          return { timeNs: String(timeNs), name: String(event), attributes: fields };
        }),
      links: [],
    };
  });
}

function tagsOf(tags: unknown): Record<string, AttributeValue> {
  return Object.fromEntries(
    listOf(tags)
      .filter(isObject)
      .map(({ key, value }) => [textOf(key), isPlain(value) ? value : JSON.stringify(value)]),
  );
}

function attributesOf(list: unknown): Attributes {
  return Object.fromEntries(
    listOf(list)
      .filter(isObject)
      .map(({ key, value }) => [textOf(key), valueOfAny(value, 0)]),
  );
}

/** OTLP's AnyValue. Whole numbers that a number can't hold stay text. */
function valueOfAny(value: unknown, depth: number): AttributeValue {
  if (!isObject(value) || depth > MAX_DEPTH) return null as unknown as AttributeValue;
  if (value.stringValue !== undefined) return textOf(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue === true;
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : String(value.intValue);
  }
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.bytesValue !== undefined) return textOf(value.bytesValue);
  if (isObject(value.arrayValue))
    return listOf(value.arrayValue.values).map((one) => valueOfAny(one, depth + 1)) as AttributeValue;
  if (isObject(value.kvlistValue))
    return Object.fromEntries(
      listOf(value.kvlistValue.values)
        .filter(isObject)
        .map((one) => [textOf(one.key), valueOfAny(one.value, depth + 1)]),
    ) as AttributeValue;
  return null as unknown as AttributeValue;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown, place: string): Json {
  if (!isObject(value)) throw new TraceFileError(`${place} is no object`);
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function nsOf(value: unknown, place: string): bigint {
  const text = textOf(value);
  if (!/^\d{1,20}$/.test(text)) throw new TraceFileError(`${place} is no time: ${shown(value)}`);
  return BigInt(text);
}

/** In hex as OTLP/JSON has it, or in base64 as Protobuf's JSON has bytes. */
function idOf(value: unknown, byteLength: number, place: string): string {
  const text = textOf(value);
  if (text !== '' && text.length <= byteLength * 2 && /^[0-9a-fA-F]+$/.test(text))
    return text.toLowerCase().padStart(byteLength * 2, '0');
  try {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    if (bytes.length === byteLength) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  } catch {
    // Said below.
  }
  throw new TraceFileError(`${place} is no id of ${byteLength} bytes: ${shown(value)}`);
}

function parentOf(value: unknown, place: string): string {
  const id = textOf(value) === '' ? '' : idOf(value, 8, place);
  return /^0*$/.test(id) ? '' : id;
}

function wordOf<T extends string>(value: unknown, words: readonly T[], prefix: string): T {
  if (typeof value === 'number') return words[value] ?? words[0]!;
  const word = textOf(value).replace(prefix, '').toLowerCase();
  return words.find((one) => one === word) ?? words[0]!;
}

const SHOWN_CHARS = 40;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_CHARS);
}
