import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type ConfigPlace, DecodeError, messageOf } from '#base';
import { type ConfigNode, type MapNode, TypedScalar } from '#config';
import { Batch, SIGNALS, type Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { spanIdOf, traceIdOf } from './names.ts';
import { asBoolean, asDurationMs, asMap, asNumber, asText, entriesOf, mistake, oneOrMore, plainOf } from './reading.ts';

/** What a case gives to the pipelines, in order. */
export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'send';
      readonly signal: Signal;
      /** The receiver that it comes through; undefined: the first that takes the signal. */
      readonly receiver: string | undefined;
      readonly place: ConfigPlace;
      /** With the times of items that have none of their own counted from the simulated time. */
      batch(nowMs: number): Batch;
    };

type Json = Record<string, unknown>;

const STEP_KEYS = ['traces', 'logs', 'metrics', 'file', 'wait', 'receiver'];
const ENVELOPES: Readonly<Record<string, Signal>> = {
  resourceSpans: 'traces',
  resourceLogs: 'logs',
  resourceMetrics: 'metrics',
};
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_CODES = ['unset', 'ok', 'error'];
/** The first number of each severity. */
export const SEVERITIES: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];
const DEFAULT_DURATION_MS = 1;

/** Reads the steps of a case. Throws a ConfigError with the place of the mistake. */
export async function readSteps(nodes: readonly ConfigNode[], file: string): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [index, node] of nodes.entries()) steps.push(...(await readStep(node, file, index)));
  return steps;
}

async function readStep(node: ConfigNode, file: string, index: number): Promise<Step[]> {
  const entries = entriesOf(asMap(node, 'given'), STEP_KEYS);
  const receiverNode = entries.get('receiver');
  const receiver = receiverNode && asText(receiverNode, 'receiver');
  const wait = entries.get('wait');
  const steps: Step[] = [];
  const source = entries.get('file');
  if (source !== undefined) steps.push(...(await fileSteps(source, file, receiver)));
  for (const signal of SIGNALS) {
    const groups = entries.get(signal);
    if (groups === undefined) continue;
    const { place } = groups;
    const read = oneOrMore(groups).map((group) => readGroup(signal, asMap(group, signal), index));
    steps.push({ kind: 'send', signal, receiver, place, batch: (nowMs) => batchOf(signal, read, nowMs, place) });
  }
  if (wait !== undefined) steps.push({ kind: 'wait', ms: positive(asDurationMs(wait, 'wait'), wait.place) });
  if (steps.length === 0)
    throw mistake(node.place, `given: nothing to send and no wait (keys: ${STEP_KEYS.join(', ')})`);
  return steps;
}

function positive(ms: number, place: ConfigPlace): number {
  if (ms >= 0) return ms;
  throw mistake(place, 'wait: time does not go back');
}

/** A file with an Export…ServiceRequest in OTLP/JSON, or one in each line. */
async function fileSteps(node: ConfigNode, file: string, receiver: string | undefined): Promise<Step[]> {
  const name = asText(node, 'file');
  let text: string;
  try {
    text = await readFile(resolve(dirname(file), name), 'utf8');
  } catch (error) {
    throw mistake(node.place, `file: cannot read ${name}: ${messageOf(error)}`);
  }
  return envelopesOf(text, name, node.place).map((envelope) => {
    const signal = Object.entries(ENVELOPES).find(([key]) => key in envelope)?.[1];
    if (signal === undefined) {
      const keys = Object.keys(ENVELOPES).join(', ');
      throw mistake(node.place, `file: ${name} is not OTLP/JSON: it needs one of ${keys}`);
    }
    const batch = (): Batch => decoded(signal, envelope, node.place);
    batch();
    return { kind: 'send', signal, receiver, place: node.place, batch };
  });
}

function envelopesOf(text: string, name: string, place: ConfigPlace): Json[] {
  try {
    return [JSON.parse(text) as Json];
  } catch (whole) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line) as Json);
    } catch {
      // What is said of the whole is said below.
    }
    throw mistake(place, `file: ${name} is not JSON: ${messageOf(whole)}`);
  }
}

/** One resource with its items; `items` makes them when the time is known. */
interface Group {
  readonly resource: unknown;
  readonly scope: unknown;
  items(nowMs: number): unknown[];
}

const GROUP_KEYS: Readonly<Record<Signal, string>> = { traces: 'spans', logs: 'records', metrics: 'metrics' };
const SCOPED: Readonly<Record<Signal, readonly [string, string, string]>> = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
};

function readGroup(signal: Signal, node: MapNode, step: number): Group {
  const key = GROUP_KEYS[signal];
  const entries = entriesOf(node, ['resource', 'scope', 'trace', key]);
  const items = entries.get(key);
  if (items === undefined) throw mistake(node.place, `${signal}: the list "${key}" is missing`);
  const resource = entries.get('resource');
  const scope = entries.get('scope');
  const trace = entries.get('trace');
  const label = trace === undefined ? `step ${step + 1}` : asText(trace, 'trace');
  const read = oneOrMore(items).map((item, index) => {
    if (signal === 'traces') return readSpan(asMap(item, 'span'), label, index);
    return signal === 'logs' ? readRecord(asMap(item, 'record')) : readMetric(asMap(item, 'metric'));
  });
  return {
    resource: { attributes: resource === undefined ? [] : attributes(resource) },
    scope: scope === undefined ? undefined : readScope(scope),
    items: (nowMs) => read.map((make) => make(nowMs)),
  };
}

function readScope(node: ConfigNode): unknown {
  if (node.kind !== 'map') return { name: asText(node, 'scope') };
  const entries = entriesOf(node, ['name', 'version', 'attributes']);
  const own = entries.get('attributes');
  const text = (key: string): string | undefined => entries.get(key) && asText(entries.get(key)!, key);
  return { name: text('name'), version: text('version'), attributes: own === undefined ? [] : attributes(own) };
}

const SPAN_KEYS = [
  ...['name', 'kind', 'trace', 'span', 'parent', 'trace_state', 'status', 'start', 'duration', 'attributes', 'events'],
  ...['links', 'flags'],
];

type Make = (nowMs: number) => unknown;

function readSpan(node: MapNode, groupTrace: string, index: number): Make {
  const entries = entriesOf(node, SPAN_KEYS);
  const text = (key: string): string | undefined => entries.get(key) && asText(entries.get(key)!, key);
  const traceId = traceIdOf(text('trace') ?? groupTrace);
  const parent = text('parent');
  const duration = entries.get('duration');
  const durationMs = duration === undefined ? DEFAULT_DURATION_MS : asDurationMs(duration, 'duration');
  const events = oneOrNone(entries.get('events')).map(readEvent);
  const links = oneOrNone(entries.get('links')).map((link) => readLink(link));
  const start = entries.get('start');
  const status = entries.get('status');
  const flags = entries.get('flags');
  const fixed = {
    traceId,
    spanId: spanIdOf(traceId, text('span') ?? `number ${index + 1}`),
    ...(parent !== undefined && { parentSpanId: spanIdOf(traceId, parent) }),
    name: text('name') ?? '',
    kind: wordOf(entries.get('kind'), 'kind', KINDS, 1),
    traceState: text('trace_state'),
    status: status === undefined ? undefined : readStatus(status),
    attributes: attributesIn(entries),
    ...(flags !== undefined && { flags: asNumber(flags, 'flags') }),
    links,
  };
  return (nowMs) => {
    const startMs = start === undefined ? nowMs - durationMs : nowMs + asDurationMs(start, 'start');
    return {
      ...fixed,
      startTimeUnixNano: nanoseconds(startMs),
      endTimeUnixNano: nanoseconds(startMs + durationMs),
      events: events.map((make) => make(startMs)),
    };
  };
}

function readStatus(node: ConfigNode): unknown {
  if (node.kind !== 'map') return { code: wordOf(node, 'status', STATUS_CODES, 0) };
  const entries = entriesOf(node, ['code', 'message']);
  const message = entries.get('message');
  return {
    code: wordOf(entries.get('code'), 'code', STATUS_CODES, 0),
    message: message === undefined ? '' : asText(message, 'message'),
  };
}

function readEvent(node: ConfigNode): Make {
  const entries = entriesOf(asMap(node, 'event'), ['name', 'time', 'attributes']);
  const name = entries.get('name');
  const time = entries.get('time');
  const atMs = time === undefined ? 0 : asDurationMs(time, 'time');
  const fixed = { name: name === undefined ? '' : asText(name, 'name'), attributes: attributesIn(entries) };
  return (startMs) => ({ ...fixed, timeUnixNano: nanoseconds(startMs + atMs) });
}

function readLink(node: ConfigNode): unknown {
  const entries = entriesOf(asMap(node, 'link'), ['trace', 'span', 'attributes']);
  const traceId = traceIdOf(asText(entries.get('trace') ?? node, 'trace'));
  const span = entries.get('span');
  return {
    traceId,
    spanId: spanIdOf(traceId, span === undefined ? 'number 1' : asText(span, 'span')),
    attributes: attributesIn(entries),
  };
}

const RECORD_KEYS = ['body', 'severity', 'severity_text', 'attributes', 'trace', 'span', 'time', 'event_name', 'flags'];

function readRecord(node: MapNode): Make {
  const entries = entriesOf(node, RECORD_KEYS);
  const text = (key: string): string | undefined => entries.get(key) && asText(entries.get(key)!, key);
  const severity = entries.get('severity');
  const trace = text('trace');
  const traceId = trace === undefined ? undefined : traceIdOf(trace);
  const span = text('span');
  const body = entries.get('body');
  const time = entries.get('time');
  const word = severity === undefined ? undefined : asText(severity, 'severity').toLowerCase();
  if (word !== undefined && !Object.hasOwn(SEVERITIES, word)) {
    throw mistake(severity!.place, `severity: expected one of ${Object.keys(SEVERITIES).join(', ')}, got "${word}"`);
  }
  const fixed = {
    ...(body !== undefined && { body: anyValue(body) }),
    ...(word !== undefined && { severityNumber: SEVERITIES[word], severityText: word.toUpperCase() }),
    ...(entries.has('severity_text') && { severityText: text('severity_text') }),
    attributes: attributesIn(entries),
    ...(traceId !== undefined && { traceId }),
    ...(traceId !== undefined && span !== undefined && { spanId: spanIdOf(traceId, span) }),
    ...(entries.has('event_name') && { eventName: text('event_name') }),
  };
  const offsetMs = time === undefined ? 0 : asDurationMs(time, 'time');
  return (nowMs) => ({
    ...fixed,
    timeUnixNano: nanoseconds(nowMs + offsetMs),
    observedTimeUnixNano: nanoseconds(nowMs),
  });
}

const POINT_KEYS = ['attributes', 'value', 'count', 'sum', 'min', 'max', 'bounds', 'buckets', 'time', 'start'];
const METRIC_KEYS = ['name', 'unit', 'description', 'type', 'temporality', 'monotonic', 'points', ...POINT_KEYS];

function readMetric(node: MapNode): Make {
  const entries = entriesOf(node, METRIC_KEYS);
  const text = (key: string): string | undefined => entries.get(key) && asText(entries.get(key)!, key);
  const type = text('type') ?? 'gauge';
  if (!['gauge', 'sum', 'histogram'].includes(type)) {
    const message = `type: expected gauge, sum or histogram, got "${type}"; others come from a file of OTLP/JSON`;
    throw mistake(entries.get('type')!.place, message);
  }
  const list = entries.get('points');
  const points =
    list === undefined
      ? [readPoint(entries)]
      : oneOrMore(list).map((point) => readPoint(entriesOf(asMap(point, 'point'), POINT_KEYS)));
  const monotonic = entries.get('monotonic');
  const head = { name: text('name') ?? '', unit: text('unit'), description: text('description') };
  const kindFields = {
    ...(type !== 'gauge' && {
      aggregationTemporality: wordOf(entries.get('temporality'), 'temporality', TEMPORALITIES, 2),
    }),
    ...(type === 'sum' && { isMonotonic: monotonic === undefined ? true : asBoolean(monotonic, 'monotonic') }),
  };
  return (nowMs) => ({ ...head, [type]: { ...kindFields, dataPoints: points.map((make) => make(nowMs)) } });
}

function readPoint(entries: ReadonlyMap<string, ConfigNode>): Make {
  const number = (key: string): number | undefined => entries.get(key) && asNumber(entries.get(key)!, key);
  const numbers = (key: string): number[] | undefined =>
    entries.get(key) && oneOrMore(entries.get(key)!).map((node) => asNumber(node, key));
  const offset = (key: string): number => (entries.has(key) ? asDurationMs(entries.get(key)!, key) : 0);
  const value = entries.get('value');
  const buckets = numbers('buckets');
  const count = number('count') ?? buckets?.reduce((sum, one) => sum + one, 0);
  const fixed = {
    attributes: attributesIn(entries),
    ...(value !== undefined && numberValue(value)),
    ...(count !== undefined && { count }),
    ...Object.fromEntries(['sum', 'min', 'max'].filter((key) => entries.has(key)).map((key) => [key, number(key)])),
    ...(buckets !== undefined && { bucketCounts: buckets }),
    ...(entries.has('bounds') && { explicitBounds: numbers('bounds') }),
  };
  return (nowMs) => ({
    ...fixed,
    timeUnixNano: nanoseconds(nowMs + offset('time')),
    ...(entries.has('start') && { startTimeUnixNano: nanoseconds(nowMs + offset('start')) }),
  });
}

function numberValue(node: ConfigNode): Json {
  const number = asNumber(node, 'value');
  return isFloat(node, number) ? { asDouble: number } : { asInt: String(number) };
}

function isFloat(node: ConfigNode, number: number): boolean {
  return !Number.isInteger(number) || (node.kind === 'scalar' && node.value instanceof TypedScalar);
}

function oneOrNone(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node === undefined ? [] : oneOrMore(node);
}

function wordOf(node: ConfigNode | undefined, what: string, words: readonly string[], absent: number): number {
  if (node === undefined) return absent;
  const number = words.indexOf(asText(node, what).toLowerCase());
  if (number >= 0) return number;
  throw mistake(node.place, `${what}: expected one of ${words.join(', ')}, got ${JSON.stringify(plainOf(node))}`);
}

function attributesIn(entries: ReadonlyMap<string, ConfigNode>): unknown[] {
  const node = entries.get('attributes');
  return node === undefined ? [] : attributes(node);
}

/** A map as a list of KeyValue. */
function attributes(node: ConfigNode): unknown[] {
  return [...asMap(node, 'attributes').entries].map(([key, entry]) => ({ key, value: anyValue(entry.node) }));
}

function anyValue(node: ConfigNode): unknown {
  if (node.kind === 'list') return { arrayValue: { values: node.items.map(anyValue) } };
  if (node.kind === 'map') return { kvlistValue: { values: attributes(node) } };
  const value = plainOf(node);
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return {};
  return isFloat(node, value) ? { doubleValue: value } : { intValue: String(value) };
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function batchOf(signal: Signal, groups: readonly Group[], nowMs: number, place: ConfigPlace): Batch {
  const [outer, inner, leaf] = SCOPED[signal];
  const resources = groups.map(({ resource, scope, items }) => ({
    resource,
    [inner]: [{ ...(scope !== undefined && { scope }), [leaf]: items(nowMs) }],
  }));
  return decoded(signal, { [outer]: resources }, place);
}

function decoded(signal: Signal, envelope: Json, place: ConfigPlace): Batch {
  try {
    const { chunk, rejectedCount, rejectedReason } = decodeOtlpJson(signal, Buffer.from(JSON.stringify(envelope)));
    if (rejectedCount > 0) throw mistake(place, `${rejectedCount} items can not be read: ${rejectedReason}`);
    return new Batch(signal, [chunk]);
  } catch (error) {
    if (error instanceof DecodeError) throw mistake(place, `not OTLP: ${error.message}`);
    throw error;
  }
}
