import { DecodeError, excerpt, messageOf } from '#base';
import { LOKI_SCOPE } from '#pdata';
import type { GroupInput } from '../build/groups.ts';
import { LogsBuilder } from '../build/logs-builder.ts';
import { ProtoReader } from '../proto-reader.ts';
import { parseStreamLabels } from './labels.ts';

type Labels = readonly (readonly [string, string])[];

export interface PushOptions {
  /** Takes the times that clients give; else a record is as old as its arrival. */
  readonly keepsTimestamps: boolean;
  readonly nowNs: bigint;
  /**
   * `attributes`: labels and structured metadata are attributes of each record, as contrib's pkg/translator/loki makes them. `streams`: labels stay
   * those of their stream (LOKI_SCOPE of #pdata).
   */
  readonly labels: 'attributes' | 'streams';
}

/** What a client has pushed to Loki, as OTLP. */
class PushBuilder {
  readonly builder = new LogsBuilder();
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Takes the entries of one stream. */
  stream(labels: Labels): (timeNs: bigint, line: string, metadata: Labels) => void {
    const { keepsTimestamps, nowNs } = this.#options;
    const isOwn = this.#options.labels === 'streams';
    if (isOwn) this.#check(labels);
    const group = isOwn ? this.builder.group(ownStream(labels)) : this.#shared();
    const shared = isOwn ? [] : labels;
    return (timeNs, line, metadata) => {
      if (isOwn && timeNs < OLDEST_NS)
        throw new DecodeError(
          `entry has timestamp too old: ${timeNs}, which is before 2000; nanoseconds since the epoch are expected`,
        );
      if (metadata.length > MAX_METADATA)
        throw new DecodeError(`entry has ${metadata.length} structured metadata labels; limit ${MAX_METADATA}`);
      group.add({
        timeNs: keepsTimestamps && timeNs > 0n ? timeNs : nowNs,
        ...(!isOwn && { observedNs: nowNs }),
        body: line,
        attributes: metadata.length === 0 ? shared : new Map([...shared, ...metadata]),
      });
    };
  }

  #streams = 0;

  /** Each stream, and each label, is something that every later question about labels looks at. */
  #check(labels: Labels): void {
    if (++this.#streams > MAX_STREAMS) throw new DecodeError(`the push has more than ${MAX_STREAMS} streams`);
    if (labels.length > MAX_LABELS)
      throw new DecodeError(`entry for a stream has ${labels.length} label names; limit ${MAX_LABELS}`);
    for (const [name, value] of labels) {
      if (name.length > MAX_NAME_CHARS) throw new DecodeError(`stream has label name too long: ${shown(name)}`);
      if (value.length > MAX_VALUE_CHARS)
        throw new DecodeError(`stream has label value too long: ${name}=${shown(value)}`);
      if (!LABEL_NAME.test(name)) throw new DecodeError(`invalid label name ${JSON.stringify(excerpt(name))}`);
    }
  }

  #group: ReturnType<LogsBuilder['group']> | undefined;

  #shared(): ReturnType<LogsBuilder['group']> {
    this.#group ??= this.builder.group();
    return this.#group;
  }
}

/** 2000-01-01: what is older was written in another unit. */
const OLDEST_NS = 946_684_800_000_000_000n;

const LABEL_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** Of lengths Loki's own limits; of numbers more than it takes by default: 15 labels, 128 of structured metadata, 5,000 streams. */
const MAX_NAME_CHARS = 1024;
const MAX_VALUE_CHARS = 2048;
const MAX_LABELS = 100;
const MAX_METADATA = 1_000;
const MAX_STREAMS = 10_000;

/** Labels that may name the service of a stream, the first that is there does: Loki's `discover_service_name`. */
const SERVICE_LABELS: readonly string[] = [
  'service_name',
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];

function ownStream(labels: Labels): GroupInput {
  const all = new Map(labels);
  const named = SERVICE_LABELS.find((name) => (all.get(name) ?? '') !== '');
  const service = named === undefined ? 'unknown_service' : all.get(named)!;
  return {
    resource: [...all.set('service_name', service), ['service.name', service]],
    scope: { name: LOKI_SCOPE },
  };
}

/** Labels that begin with two underscores are Loki's own. */
function visible(labels: Labels): Labels {
  return labels.filter(([name]) => !name.startsWith('__'));
}

/** A logproto.PushRequest, inflated. Throws a DecodeError. */
export function readLokiProtobuf(body: Uint8Array, options: PushOptions): LogsBuilder {
  const push = new PushBuilder(options);
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field === 1) readStream(request.message(), push);
    else request.skip();
  }
  return push.builder;
}

function readStream(stream: ProtoReader, push: PushBuilder): void {
  let text = '{}';
  const entries: ProtoReader[] = [];
  while (stream.next()) {
    if (stream.field === 1) text = stream.text();
    else if (stream.field === 2) entries.push(stream.message());
    else stream.skip();
  }
  if (entries.length === 0) return;
  const labels = visible(parseStreamLabels(text));
  const add = push.stream(labels);
  for (const entry of entries) readEntry(entry, add);
}

function readEntry(entry: ProtoReader, add: ReturnType<PushBuilder['stream']>): void {
  let timeNs = 0n;
  let line = '';
  const metadata: [string, string][] = [];
  while (entry.next()) {
    if (entry.field === 1) timeNs = readTimestamp(entry.message());
    else if (entry.field === 2) line = entry.text();
    else if (entry.field === 3) metadata.push(readPair(entry.message()));
    else entry.skip();
  }
  add(timeNs, line, metadata);
}

function readTimestamp(message: ProtoReader): bigint {
  let seconds = 0n;
  let nanos = 0n;
  while (message.next()) {
    if (message.field === 1) seconds = message.int64();
    else if (message.field === 2) nanos = message.int64();
    else message.skip();
  }
  return seconds * 1_000_000_000n + nanos;
}

function readPair(message: ProtoReader): [string, string] {
  let name = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) name = message.text();
    else if (message.field === 2) value = message.text();
    else message.skip();
  }
  return [name, value];
}

/** `{ streams: [{ stream: { labels }, values: [[ns, line, { metadata }]] }] }`. Throws a DecodeError that names the place. */
export function readLokiJson(body: Uint8Array, options: PushOptions): LogsBuilder {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    throw new DecodeError(`not JSON: ${messageOf(error)}`);
  }
  const push = new PushBuilder(options);
  const { streams } = mapOf(parsed, 'the request');
  listOf(streams, 'streams').forEach((value, i) => {
    const stream = mapOf(value, `streams[${i}]`);
    const labels = visible(pairsOf(stream['stream'], `streams[${i}].stream`));
    const add = push.stream(labels);
    listOf(stream['values'], `streams[${i}].values`).forEach((entry, j) => {
      const place = `streams[${i}].values[${j}]`;
      const [time, line, metadata = {}] = listOf(entry, place);
      if (typeof time !== 'string' || !/^\d{1,19}$/.test(time)) {
        throw new DecodeError(`${place}: expected nanoseconds as a text, got ${shown(time)}`);
      }
      if (typeof line !== 'string') throw new DecodeError(`${place}: expected a line of text, got ${shown(line)}`);
      add(BigInt(time), line, pairsOf(metadata, place));
    });
  });
  return push.builder;
}

function mapOf(value: unknown, place: string): { readonly [key: string]: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as { [key: string]: unknown };
  throw new DecodeError(`${place}: expected a map, got ${shown(value)}`);
}

function listOf(value: unknown, place: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new DecodeError(`${place}: expected a list, got ${shown(value)}`);
}

function pairsOf(value: unknown, place: string): [string, string][] {
  return Object.entries(mapOf(value ?? {}, place)).map(([name, text]) => {
    if (typeof text !== 'string') throw new DecodeError(`${place}.${name}: expected a text, got ${shown(text)}`);
    return [name, text];
  });
}

function shown(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? 'nothing');
}
