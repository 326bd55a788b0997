import { HASH_KEY, type HashKey, keyedHash, PROBE_LIMIT } from '#base';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant64, writeOffsets, writeUint32s } from './columns.ts';
import type { SpanRows } from './span-block.ts';

const TIME = "DateTime64(9, 'UTC')";
const STATUS_ERROR = 2;
const NS_PER_MS = 1_000_000;
const NONE = -1;
/** Services that are noted of a trace in one block. No real trace has so many; a made-up one must not make looking for one take long. */
const SERVICES_PER_TRACE = 128;

/**
 * Writes the block for `traces`: one row per trace that occurs in a block of spans, with what its spans in that block say of it. A trace
 * whose spans come in several segments has a row of each; the queries put them together.
 *
 * A trace that finds no place near its own in the hash table gets a row for each run of its spans.
 *
 *   slots     open addressing: index of the trace + 1, 0 for empty
 *   per trace id: 16 bytes in `ids` · first and last start, end: two words each, as the spans' times have them · counts · row of its root
 *   services  per trace a chain of (service, next) in `chain`, which begins at `services`
 */
export class TraceSummaryEncoder {
  readonly #sink = new BlockSink(1 << 14);
  readonly #ids = new ByteSink(1 << 14);
  #slots = new Int32Array(1024);
  #start = new Uint32Array(1024);
  #lastStart = new Uint32Array(1024);
  #end = new Uint32Array(1024);
  #spanCounts = new Uint32Array(512);
  #errorCounts = new Uint32Array(512);
  #roots = new Int32Array(512);
  #eventCounts = new Uint32Array(512);
  #linkCounts = new Uint32Array(512);
  /** Per row of the spans: its trace. */
  #traceOf = new Int32Array(512);
  #serviceCounts = new Uint32Array(512);
  #services = new Int32Array(512);
  #chain = new Int32Array(1024);
  #chainLength = 0;
  #count = 0;
  readonly #hashKey: HashKey;

  constructor(hashKey: HashKey = HASH_KEY) {
    this.#hashKey = hashKey;
  }

  encode(spans: SpanRows, ingestedAtNs: bigint): TableBlock {
    this.#collect(spans);
    const sink = this.#sink;
    const count = this.#count;
    sink.begin(count);
    sink.column('trace_id', 'FixedString(16)');
    sink.append(this.#ids);
    sink.column('start', TIME);
    sink.copy(new Uint8Array(this.#start.buffer, 0, count * 8), 0, count * 8);
    this.#writeRanges();
    this.#writeDurations();
    sink.column('span_count', 'UInt32');
    writeUint32s(sink, this.#spanCounts, undefined, count);
    sink.column('error_count', 'UInt32');
    writeUint32s(sink, this.#errorCounts, undefined, count);
    this.#writeRoots(spans);
    this.#writeServices(spans);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, count);
    this.#writeParts('event_count', spans.details.events, this.#eventCounts);
    this.#writeParts('link_count', spans.details.links, this.#linkCounts);
    return sink.finish('traces');
  }

  /** How many events, or links, the spans of each trace have. `spanRows`: the span of each. */
  #writeParts(
    name: string,
    { spanRows, count }: { readonly spanRows: Uint32Array; readonly count: number },
    counts: Uint32Array,
  ): void {
    counts.fill(0, 0, this.#count);
    for (let i = 0; i < count; i++) counts[this.#traceOf[spanRows[i]!]!]!++;
    this.#sink.column(name, 'UInt32');
    writeUint32s(this.#sink, counts, undefined, this.#count);
  }

  /** Milliseconds from the first to the last start of a span, rounded up. */
  #writeRanges(): void {
    const sink = this.#sink;
    const count = this.#count;
    sink.column('range_ms', 'UInt32');
    const at = sink.take(count * 4);
    for (let i = 0; i < count; i++) {
      const ns = difference(this.#lastStart, this.#start, i * 2);
      sink.view.setUint32(at + i * 4, Math.min(0xffff_ffff, Math.ceil(ns / NS_PER_MS)), true);
    }
  }

  #writeDurations(): void {
    const sink = this.#sink;
    const count = this.#count;
    sink.column('duration_ns', 'UInt64');
    let at = sink.take(count * 8);
    for (let word = 0; word < count * 2; word += 2, at += 8) {
      const low = this.#end[word]! - this.#start[word]!;
      sink.view.setUint32(at, low, true);
      sink.view.setUint32(at + 4, this.#end[word + 1]! - this.#start[word + 1]! - (low < 0 ? 1 : 0), true);
    }
  }

  /** How long after the trace its root starts; -1 where the block doesn't have it. */
  #writeRoots({ times, names, owners }: SpanRows): void {
    const sink = this.#sink;
    const count = this.#count;
    sink.column('root_offset_ns', 'Int64');
    let at = sink.take(count * 8);
    for (let i = 0; i < count; i++, at += 8) {
      const row = this.#roots[i]!;
      const low = row < 0 ? 0 : times.view.getUint32(row * 8, true) - this.#start[i * 2]!;
      const high = row < 0 ? 0 : times.view.getUint32(row * 8 + 4, true) - this.#start[i * 2 + 1]! - (low < 0 ? 1 : 0);
      sink.view.setUint32(at, row < 0 ? 0xffff_ffff : low, true);
      sink.view.setUint32(at + 4, row < 0 ? 0xffff_ffff : high, true);
    }
    sink.column('root_name', 'LowCardinality(String)');
    names.writeSelected(sink, this.#roots, count);
    sink.column('root_service', 'LowCardinality(String)');
    owners.serviceName.writeSelected(sink, this.#roots, count);
  }

  #writeServices({ owners }: SpanRows): void {
    const sink = this.#sink;
    const count = this.#count;
    sink.column('services', 'Array(LowCardinality(String))');
    const indices = new Int32Array(this.#chainLength >> 1);
    let length = 0;
    for (let i = 0; i < count; i++)
      for (let link = this.#services[i]!; link !== NONE; link = this.#chain[link + 1]!)
        indices[length++] = this.#chain[link]!;
    owners.serviceName.writeVersion(sink);
    writeOffsets(sink, this.#serviceCounts, count, 0);
    owners.serviceName.writeIndices(sink, indices, length);
  }

  #collect(spans: SpanRows): void {
    const { count } = spans;
    this.#reset(count);
    const ids = spans.traceIds.bytes;
    const services = spans.owners.serviceName.indices;
    let last = NONE;
    for (let row = 0; row < count; row++) {
      if (last < 0 || !this.#isTrace(last, ids, row * 16)) last = this.#indexOf(ids, row * 16);
      this.#traceOf[row] = last;
      this.#extend(last, spans, row);
      this.#addService(last, services[row]!);
    }
  }

  #reset(rowCount: number): void {
    this.#count = 0;
    this.#chainLength = 0;
    this.#ids.reset();
    this.#ids.reserve(rowCount * 16);
    if (this.#spanCounts.length < rowCount) this.#grow(rowCount);
    let size = this.#slots.length;
    while (size < rowCount * 2) size *= 2;
    if (size === this.#slots.length) this.#slots.fill(0);
    else this.#slots = new Int32Array(size);
  }

  #grow(rowCount: number): void {
    this.#start = new Uint32Array(rowCount * 2);
    this.#lastStart = new Uint32Array(rowCount * 2);
    this.#end = new Uint32Array(rowCount * 2);
    this.#spanCounts = new Uint32Array(rowCount);
    this.#errorCounts = new Uint32Array(rowCount);
    this.#roots = new Int32Array(rowCount);
    this.#serviceCounts = new Uint32Array(rowCount);
    this.#eventCounts = new Uint32Array(rowCount);
    this.#linkCounts = new Uint32Array(rowCount);
    this.#traceOf = new Int32Array(rowCount);
    this.#services = new Int32Array(rowCount);
    // A span adds one service to its trace at most.
    this.#chain = new Int32Array(rowCount * 2);
  }

  #isTrace(index: number, arena: Uint8Array, at: number): boolean {
    const ids = this.#ids.bytes;
    const from = index * 16;
    // Ids of other traces mostly differ in their last bytes: some senders put a time in front.
    for (let i = 15; i >= 0; i--) if (ids[from + i] !== arena[at + i]) return false;
    return true;
  }

  #indexOf(arena: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1;
    const hash = keyedHash(arena, at, 16, this.#hashKey);
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      const slot = (hash + distance) & mask;
      const index = this.#slots[slot]! - 1;
      if (index < 0) {
        this.#slots[slot] = this.#count + 1;
        break;
      }
      if (this.#isTrace(index, arena, at)) return index;
    }
    return this.#add(arena, at);
  }

  #add(arena: Uint8Array, at: number): number {
    const index = this.#count++;
    this.#ids.copy(arena, at, 16);
    this.#start.fill(0xffff_ffff, index * 2, index * 2 + 2);
    this.#lastStart.fill(0, index * 2, index * 2 + 2);
    this.#end.fill(0, index * 2, index * 2 + 2);
    this.#spanCounts[index] = 0;
    this.#errorCounts[index] = 0;
    this.#roots[index] = NONE;
    this.#serviceCounts[index] = 0;
    this.#services[index] = NONE;
    return index;
  }

  #extend(index: number, spans: SpanRows, row: number): void {
    const { view } = spans.times;
    const low = view.getUint32(row * 8, true);
    const high = view.getUint32(row * 8 + 4, true);
    const word = index * 2;
    const isFirst = high < this.#start[word + 1]! || (high === this.#start[word + 1] && low < this.#start[word]!);
    if (isFirst) {
      this.#start[word] = low;
      this.#start[word + 1] = high;
    }
    setLater(this.#lastStart, word, low, high);
    const durations = spans.durations.view;
    const endLow = low + durations.getUint32(row * 8, true);
    const endHigh = high + durations.getUint32(row * 8 + 4, true) + (endLow > 0xffff_ffff ? 1 : 0);
    if (endHigh < 0x8000_0000) setLater(this.#end, word, endLow >>> 0, endHigh);
    else setLater(this.#end, word, 0xffff_ffff, 0x7fff_ffff);
    this.#spanCounts[index]!++;
    if (spans.statusCodes.bytes[row] === STATUS_ERROR) this.#errorCounts[index]!++;
    if (isRoot(spans.parentSpanIds.bytes, row * 8)) this.#addRoot(index, view, row);
  }

  /** Of several roots, the earliest counts. */
  #addRoot(index: number, times: DataView, row: number): void {
    const root = this.#roots[index]!;
    if (root !== NONE) {
      const high = times.getUint32(row * 8 + 4, true) - times.getUint32(root * 8 + 4, true);
      if (high > 0 || (high === 0 && times.getUint32(row * 8, true) >= times.getUint32(root * 8, true))) return;
    }
    this.#roots[index] = row;
  }

  #addService(index: number, service: number): void {
    const chain = this.#chain;
    for (let link = this.#services[index]!; link !== NONE; link = chain[link + 1]!) if (chain[link] === service) return;
    if (this.#serviceCounts[index] === SERVICES_PER_TRACE) return;
    chain[this.#chainLength] = service;
    chain[this.#chainLength + 1] = this.#services[index]!;
    this.#services[index] = this.#chainLength;
    this.#chainLength += 2;
    this.#serviceCounts[index]!++;
  }
}

/** In nanoseconds, of two times at the same words; exact up to three months. */
function difference(later: Uint32Array, earlier: Uint32Array, word: number): number {
  return (later[word + 1]! - earlier[word + 1]!) * 0x1_0000_0000 + (later[word]! - earlier[word]!);
}

function setLater(words: Uint32Array, word: number, low: number, high: number): void {
  if (high < words[word + 1]! || (high === words[word + 1] && low <= words[word]!)) return;
  words[word] = low;
  words[word + 1] = high;
}

function isRoot(parents: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 8; i++) if (parents[i] !== 0) return false;
  return true;
}
