import { REQUEST_SLOT_SECONDS } from '../schema/index.ts';
import { AttributeFilters } from './attribute-filters.ts';
import type { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant64, writeOffsets, writeUint32s } from './columns.ts';
import type { SpanRows } from './span-block.ts';
import { WordColumn } from './word-column.ts';

const TIME = "DateTime64(9, 'UTC')";
const STATUS_ERROR = 2;
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];
const SLOT_NS = REQUEST_SLOT_SECONDS * 1e9;
/** Times as numbers are this exact at least. */
const EXACT_NS = 512;
/** Environments of one service that are told apart in one slot; more of them get rows of their own again and again. */
const LOOKED_AT = 16;
const NONE = -1;

/**
 * Writes the block for `request_slots`. The spans come sorted by service and second, so a slot of a service ends where another begins; spans that come
 * otherwise give more rows, and the same sums.
 */
export class RequestEncoder {
  readonly #sink = new BlockSink(1 << 14);
  readonly #long = new WordColumn();
  readonly #filters = new AttributeFilters();
  /** Per row of the spans: its group. */
  #groupOf = new Int32Array(1024);
  /** The same, or NONE where it is no request. */
  #groups = new Int32Array(1024);
  #durations = new Uint32Array(1024);
  /** Per group. */
  #slots = new Float64Array(64);
  #counts: Counts = countsFor(64);
  #rows: GroupRows = rowsFor(64);
  #count = 0;

  encode(spans: SpanRows, ingestedAtNs: bigint): TableBlock {
    this.#collect(spans);
    const count = this.#count;
    const sink = this.#sink;
    const [counts, rows] = [this.#counts, this.#rows];
    sink.begin(count);
    this.#writeSlots();
    sink.column('service_name', 'LowCardinality(String)');
    spans.owners.serviceName.writeSelected(sink, rows.first, count);
    sink.column('environment', 'LowCardinality(String)');
    spans.owners.environment.writeSelected(sink, rows.first, count);
    this.#writeSelected64('resource_id', 'UInt64', spans.owners.resourceIds, rows.newest);
    this.#writeCounts('span_count', counts.spans);
    this.#writeSelected64('first_time', TIME, spans.times, rows.first);
    this.#writeSelected64('last_time', TIME, spans.times, rows.last);
    this.#writeCounts('request_count', counts.requests);
    this.#writeCounts('error_count', counts.errors);
    this.#writeSelected64('last_request', TIME, spans.times, rows.lastRequest);
    this.#writeCounts('root_call_count', counts.rootCalls);
    this.#writeCounts('served_count', counts.served);
    this.#writeDurations(spans);
    sink.column('attribute_filter', 'String');
    this.#filters.write(sink, spans.attributeHashes, this.#groupOf, counts.spans, count);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, count);
    return sink.finish('request_slots');
  }

  #writeSlots(): void {
    const sink = this.#sink;
    sink.column('second', 'Int64');
    for (let i = 0; i < this.#count; i++) {
      const second = this.#slots[i]! * REQUEST_SLOT_SECONDS;
      sink.uint64(second >>> 0, Math.floor(second / 0x1_0000_0000));
    }
  }

  #writeCounts(name: string, values: Uint32Array): void {
    this.#sink.column(name, 'UInt32');
    writeUint32s(this.#sink, values, undefined, this.#count);
  }

  /** The eight bytes of each of these rows; 0 where there is none. */
  #writeSelected64(name: string, type: string, from: ByteSink, rows: Int32Array): void {
    const sink = this.#sink;
    sink.column(name, type);
    for (let i = 0; i < this.#count; i++) {
      const row = rows[i]!;
      if (row < 0) sink.uint64(0);
      else sink.copy(from.bytes, row * 8, 8);
    }
  }

  #writeDurations(spans: SpanRows): void {
    const { view } = spans.durations;
    const count = this.#count;
    const sizes = this.#counts.requests.slice(0, count);
    const longSizes = new Uint32Array(count);
    for (let row = 0; row < spans.count; row++) {
      const group = this.#groups[row]!;
      if (group !== NONE && view.getUint32(row * 8 + 4, true) !== 0) longSizes[group]!++;
    }
    for (let i = 0; i < count; i++) sizes[i]! -= longSizes[i]!;
    const [starts, longStarts] = [startsOf(sizes), startsOf(longSizes)];
    const total = starts.at(-1)!;
    if (this.#durations.length < total) this.#durations = new Uint32Array(total * 2);
    this.#long.reset();
    const longAt = this.#long.takeValues(longStarts.at(-1)!);
    const [at, nextLong] = [starts.slice(), longStarts.slice()];
    for (let row = 0; row < spans.count; row++) {
      const group = this.#groups[row]!;
      if (group === NONE) continue;
      const [low, high] = [view.getUint32(row * 8, true), view.getUint32(row * 8 + 4, true)];
      if (high === 0) this.#durations[at[group]!++] = low;
      else {
        const word = longAt + nextLong[group]!++ * 2;
        this.#long.words[word] = low;
        this.#long.words[word + 1] = high;
      }
    }
    // In order they take a third less.
    for (let i = 0; i < count; i++) this.#durations.subarray(starts[i]!, starts[i + 1]!).sort();
    const sink = this.#sink;
    sink.column('durations', 'Array(UInt32)');
    writeOffsets(sink, sizes, count, 0);
    writeUint32s(sink, this.#durations, undefined, total);
    sink.column('long_durations', 'Array(UInt64)');
    writeOffsets(sink, longSizes, count, 0);
    sink.append(this.#long);
  }

  #collect(spans: SpanRows): void {
    const { count } = spans;
    this.#count = 0;
    if (this.#groups.length < count) {
      this.#groups = new Int32Array(count * 2);
      this.#groupOf = new Int32Array(count * 2);
    }
    const services = spans.owners.serviceName.indices;
    const environments = spans.owners.environment.indices;
    let [service, slot, first, group] = [NONE, NONE, 0, NONE];
    for (let row = 0; row < count; row++) {
      const ownSlot = slotOf(spans.times.view, row);
      const isNext = services[row] !== service || ownSlot !== slot;
      if (isNext) {
        service = services[row]!;
        slot = ownSlot;
        first = this.#count;
        group = NONE;
      }
      const environment = environments[row]!;
      if (group === NONE || environments[this.#rows.first[group]!] !== environment)
        group = this.#find(environments, environment, first) ?? this.#begin(row, slot);
      this.#groupOf[row] = group;
      this.#extend(group, spans, row);
    }
  }

  #find(environments: Uint32Array, environment: number, first: number): number | undefined {
    for (let group = this.#count - 1; group >= Math.max(first, this.#count - LOOKED_AT); group--)
      if (environments[this.#rows.first[group]!] === environment) return group;
    return undefined;
  }

  #begin(row: number, slot: number): number {
    const group = this.#count++;
    if (group === this.#slots.length) this.#grow();
    this.#slots[group] = slot;
    const { spans, requests, errors, rootCalls, served } = this.#counts;
    for (const counts of [spans, requests, errors, rootCalls, served]) counts[group] = 0;
    this.#rows.first[group] = row;
    this.#rows.last[group] = row;
    this.#rows.newest[group] = row;
    this.#rows.lastRequest[group] = NONE;
    return group;
  }

  #grow(): void {
    const size = this.#slots.length * 2;
    const [slots, counts, rows] = [new Float64Array(size), countsFor(size), rowsFor(size)];
    slots.set(this.#slots);
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name].set(this.#counts[name]);
    for (const name of Object.keys(rows) as (keyof GroupRows)[]) rows[name].set(this.#rows[name]);
    this.#slots = slots;
    this.#counts = counts;
    this.#rows = rows;
  }

  #extend(group: number, spans: SpanRows, row: number): void {
    const [counts, rows, { view }] = [this.#counts, this.#rows, spans.times];
    const kind = spans.kinds.bytes[row]!;
    const isRoot = isZero(spans.parentSpanIds.view, row * 8);
    const serves = kind === SERVER || kind === CONSUMER;
    const isRequest = serves || isRoot;
    counts.spans[group]!++;
    if (isEarlier(view, row, rows.first[group]!)) rows.first[group] = row;
    if (!isEarlier(view, row, rows.last[group]!)) rows.last[group] = row;
    this.#groups[row] = isRequest ? group : NONE;
    if (!isRequest) {
      if (rows.lastRequest[group] === NONE) rows.newest[group] = rows.last[group]!;
      return;
    }
    counts.requests[group]!++;
    if (spans.statusCodes.bytes[row] === STATUS_ERROR) counts.errors[group]!++;
    if (isRoot && (kind === CLIENT || kind === PRODUCER)) counts.rootCalls[group]!++;
    if (serves && !isRoot) counts.served[group]!++;
    const known = rows.lastRequest[group]!;
    if (known === NONE || !isEarlier(view, row, known)) rows.lastRequest[group] = row;
    rows.newest[group] = rows.lastRequest[group]!;
  }
}

interface Counts {
  readonly spans: Uint32Array;
  readonly requests: Uint32Array;
  readonly errors: Uint32Array;
  readonly rootCalls: Uint32Array;
  readonly served: Uint32Array;
}

/** Of spans: of the first and the last, of the newest request, and of the one that says which resource is the newest. */
interface GroupRows {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly lastRequest: Int32Array;
  readonly newest: Int32Array;
}

function countsFor(size: number): Counts {
  const column = (): Uint32Array => new Uint32Array(size);
  return { spans: column(), requests: column(), errors: column(), rootCalls: column(), served: column() };
}

function rowsFor(size: number): GroupRows {
  const column = (): Int32Array => new Int32Array(size);
  return { first: column(), last: column(), lastRequest: column(), newest: column() };
}

/** Where each list begins, and at the end how long all are. */
function startsOf(sizes: Uint32Array): Uint32Array {
  const starts = new Uint32Array(sizes.length + 1);
  for (let i = 0; i < sizes.length; i++) starts[i + 1] = starts[i]! + sizes[i]!;
  return starts;
}

function slotOf(times: DataView, row: number): number {
  const ns = times.getUint32(row * 8 + 4, true) * 0x1_0000_0000 + times.getUint32(row * 8, true);
  const slot = Math.floor(ns / SLOT_NS);
  const within = ns - slot * SLOT_NS;
  if (within > EXACT_NS && within < SLOT_NS - EXACT_NS) return slot;
  return Number(times.getBigUint64(row * 8, true) / BigInt(SLOT_NS));
}

function isEarlier(times: DataView, row: number, other: number): boolean {
  const [high, otherHigh] = [times.getUint32(row * 8 + 4, true), times.getUint32(other * 8 + 4, true)];
  return high !== otherHigh ? high < otherHigh : times.getUint32(row * 8, true) < times.getUint32(other * 8, true);
}

function isZero(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;
}
