import { assert } from '#base';
import { Batch, holdLeases, type Lease, NO_LEASES, SpanChunk } from '#pdata';
import { compact } from '#wire';
import { chunkBytes } from './chunk-memory.ts';
import { type DecisionRecord, writeRecord } from './decision-record.ts';
import { PartLeases } from './part-leases.ts';

/** Bodies below this are put together: the columns of a chunk cost some 5 KB however few rows they have. */
const SMALL_BODY_BYTES = 64 * 1024;
const GATHERED_BYTES = 512 * 1024;
const GATHERED_CHUNKS = 512;
const FIRST_CAPACITY = 4096;

/**
 * The spans that wait for a decision: received chunks without their attribute tables, and per span 12 bytes that chain it into its
 * trace. A chunk is let go when the last of its held spans is.
 *
 *   span    chunk id, row in the chunk, next span of the trace (-1 at the end; free spans are chained too)
 *   chunk   the columns over its body, and how many of its rows are held
 *
 * Small bodies are gathered: their spans get rows of a chunk that is made of them when enough came together, or at `seal`.
 */
export class HeldSpans {
  #chunkOf: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #rowOf: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #next: Int32Array = new Int32Array(FIRST_CAPACITY);
  #freeSpan = -1;
  #usedSpans = 0;
  #spanCount = 0;

  /** By chunk id; undefined for free ids and for the one that is gathered now. */
  readonly #chunks: (SpanChunk | undefined)[] = [];
  #liveRows: Uint32Array = new Uint32Array(64);
  readonly #freeChunks: number[] = [];
  readonly #bytesOf: number[] = [];
  /** By chunk id: ends the hold of what it is made of; of what was gathered: the leases of its parts. */
  readonly #endHold: (() => void)[] = [];
  readonly #partLeases: (PartLeases | undefined)[] = [];
  /** Bytes of the chunks' bodies and columns. */
  #chunkBytes = 0;

  /** What is gathered: the parts, with all of their rows held, and the id that their chunk will have. */
  #parts: SpanChunk[] = [];
  #partRows = 0;
  #partBytes = 0;
  #gatherId = -1;

  /** The chunk that spans are taken from now. */
  #source: SpanChunk | undefined = undefined;
  #sourceId = -1;
  /** Rows taken from a chunk that is gathered; the other chunks keep all of their rows. */
  #taken: number[] = [];

  get spanCount(): number {
    return this.#spanCount;
  }

  get chunkCount(): number {
    return this.#chunks.length - this.#freeChunks.length + this.#parts.length;
  }

  /** Bodies, columns and chains; what this takes of memory, but for the objects around it. */
  get byteLength(): number {
    return this.#chunkBytes + this.#partBytes + this.#chunkOf.byteLength * 3 + this.#liveRows.byteLength;
  }

  /** Begins to take spans from an unmodified chunk; `end` must follow. */
  begin(chunk: SpanChunk): void {
    assert(this.#source === undefined, 'spans are taken from one chunk at a time');
    this.#source = chunk;
    if (isSmall(chunk)) {
      if (this.#gatherId < 0) this.#gatherId = this.#allocateChunk();
      this.#sourceId = this.#gatherId;
      if (chunk.leases.length > 0) this.#partLeases[this.#gatherId] ??= this.#newPartLeases();
      this.#partLeases[this.#gatherId]?.begin(this.#partRows, chunk.leases);
    } else this.#sourceId = this.#allocateChunk();
  }

  /** Holds a row of the chunk at hand behind `last` (-1: as the first of its trace). Returns the new span. */
  add(row: number, last: number): number {
    let span = this.#freeSpan;
    if (span >= 0) this.#freeSpan = this.#next[span]!;
    else {
      if (this.#usedSpans === this.#chunkOf.length) this.#growSpans();
      span = this.#usedSpans++;
    }
    const id = this.#sourceId;
    this.#chunkOf[span] = id;
    if (id === this.#gatherId) {
      this.#rowOf[span] = this.#partRows + this.#taken.length;
      this.#taken.push(row);
      this.#partLeases[id]?.add();
    } else this.#rowOf[span] = row;
    this.#liveRows[id]!++;
    this.#next[span] = -1;
    if (last >= 0) this.#next[last] = span;
    this.#spanCount++;
    return span;
  }

  end(): void {
    const chunk = this.#source!;
    this.#source = undefined;
    const id = this.#sourceId;
    if (id !== this.#gatherId) {
      // A new chunk object leaves the attribute tables behind, which others may have built.
      if (this.#liveRows[id] === 0) this.#freeChunk(id);
      else this.#keep(id, withoutTables(chunk));
      return;
    }
    this.#partLeases[id]?.end();
    if (this.#taken.length > 0) {
      const rows = Uint32Array.from(this.#taken);
      const part = withoutTables(rows.length === chunk.count ? chunk : chunk.select(rows));
      this.#parts.push(part);
      this.#partRows += rows.length;
      this.#partBytes += chunkBytes(part);
      this.#taken.length = 0;
    }
    if (this.#partBytes >= GATHERED_BYTES || this.#parts.length >= GATHERED_CHUNKS) this.seal();
  }

  /** Makes one chunk of what was gathered. Must run before spans are taken out again. */
  seal(): void {
    const id = this.#gatherId;
    if (id < 0) return;
    this.#gatherId = -1;
    const parts = this.#parts;
    this.#parts = [];
    this.#partRows = 0;
    this.#partBytes = 0;
    if (this.#liveRows[id] === 0) {
      this.#freeChunk(id);
      return;
    }
    const chunk = compact(new Batch('traces', parts)).chunks[0] as SpanChunk;
    // Each part ends its own.
    chunk.leases = NO_LEASES;
    this.#keep(id, chunk);
  }

  /** Lets the spans of a trace go, and counts them. */
  release(first: number): number {
    let count = 0;
    for (let span = first; span >= 0; ) {
      const next = this.#next[span]!;
      this.#freeOne(span);
      span = next;
      count++;
    }
    return count;
  }

  /** Moves the spans of a trace into a selection, and lets them go. Returns how many. */
  moveTo(selection: SpanSelection, first: number): number {
    let count = 0;
    for (let span = first; span >= 0; ) {
      const next = this.#next[span]!;
      const id = this.#chunkOf[span]!;
      const chunk = this.#chunks[id];
      assert(chunk !== undefined, 'spans are taken out of sealed chunks');
      const row = this.#rowOf[span]!;
      selection.add(id, chunk, row, this.#partLeases[id]?.leasesOf(row) ?? chunk.leases);
      this.#freeOne(span);
      span = next;
      count++;
    }
    return count;
  }

  #freeOne(span: number): void {
    const id = this.#chunkOf[span]!;
    this.#partLeases[id]?.free(this.#rowOf[span]!);
    this.#next[span] = this.#freeSpan;
    this.#freeSpan = span;
    this.#spanCount--;
    if (--this.#liveRows[id]! === 0 && id !== this.#gatherId && id !== this.#sourceIdInUse()) this.#freeChunk(id);
  }

  #sourceIdInUse(): number {
    return this.#source === undefined ? -1 : this.#sourceId;
  }

  #allocateChunk(): number {
    const id = this.#freeChunks.pop() ?? this.#chunks.push(undefined) - 1;
    if (id >= this.#liveRows.length) {
      const liveRows = new Uint32Array(this.#liveRows.length * 2);
      liveRows.set(this.#liveRows);
      this.#liveRows = liveRows;
    }
    this.#liveRows[id] = 0;
    return id;
  }

  #keep(id: number, chunk: SpanChunk): void {
    this.#chunks[id] = chunk;
    this.#bytesOf[id] = chunkBytes(chunk);
    this.#chunkBytes += this.#bytesOf[id]!;
    this.#endHold[id] = holdLeases(chunk.leases);
  }

  #freeChunk(id: number): void {
    if (this.#chunks[id] !== undefined) {
      this.#chunkBytes -= this.#bytesOf[id]!;
      this.#endHold[id]!();
    }
    this.#chunks[id] = undefined;
    this.#partLeases[id] = undefined;
    this.#freeChunks.push(id);
  }

  /** For what has been gathered so far nobody has lent any. */
  #newPartLeases(): PartLeases {
    const leases = new PartLeases();
    if (this.#partRows > 0) leases.begin(0, NO_LEASES);
    return leases;
  }

  #growSpans(): void {
    const capacity = Math.ceil(this.#chunkOf.length * 1.5);
    const chunkOf = new Uint32Array(capacity);
    chunkOf.set(this.#chunkOf);
    this.#chunkOf = chunkOf;
    const rowOf = new Uint32Array(capacity);
    rowOf.set(this.#rowOf);
    this.#rowOf = rowOf;
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
  }
}

interface Picked {
  readonly chunk: SpanChunk;
  readonly rows: number[];
  readonly leases: Set<Lease>;
}

/** Rows picked from chunks, to be sent on together. */
export class SpanSelection {
  /** By chunk id, of spans with the same record. */
  readonly #byRecord = new Map<DecisionRecord | undefined, Map<number, Picked>>();
  #rows: Map<number, Picked> = new Map();
  spanCount = 0;
  byteCount = 0;

  constructor() {
    this.#byRecord.set(undefined, this.#rows);
  }

  /** Written beside the spans that are picked from now on; undefined for nothing. */
  set record(record: DecisionRecord | undefined) {
    let rows = this.#byRecord.get(record);
    if (rows === undefined) {
      rows = new Map();
      this.#byRecord.set(record, rows);
    }
    this.#rows = rows;
  }

  /** `leases` are those of the row. */
  add(id: number, chunk: SpanChunk, row: number, leases: readonly Lease[]): void {
    let picked = this.#rows.get(id);
    if (picked === undefined) {
      picked = { chunk, rows: [], leases: new Set() };
      this.#rows.set(id, picked);
    }
    picked.rows.push(row);
    for (const lease of leases) {
      if (picked.leases.has(lease)) continue;
      picked.leases.add(lease);
      lease.hold();
    }
    this.spanCount++;
    this.byteCount += chunk.layout.rowEnd[row]! - chunk.layout.rowStart[row]!;
  }

  /** Hands the picked spans on as a batch, and is empty. Where few spans were picked from large bodies they are copied out of them. */
  moveTo(push: (batch: Batch) => void): void {
    const chunks: SpanChunk[] = [];
    let bodyBytes = 0;
    const held: Lease[] = [];
    for (const [record, picked] of this.#byRecord) {
      for (const { chunk, rows, leases } of picked.values()) {
        held.push(...leases);
        bodyBytes += chunk.layout.body.byteLength;
        const isWhole = rows.length === chunk.count && record === undefined;
        const part = isWhole ? chunk : (chunk.select(Uint32Array.from(rows).sort()) as SpanChunk);
        if (record !== undefined) writeRecord(part, record);
        if (leases.size > 0) part.leases = [...leases];
        chunks.push(part);
      }
      picked.clear();
    }
    const batch = new Batch('traces', chunks);
    const isSparse = this.byteCount * 2 < bodyBytes;
    this.spanCount = 0;
    this.byteCount = 0;
    push(isSparse ? compact(batch) : batch);
    for (const lease of held) lease.release();
  }
}

function isSmall(chunk: SpanChunk): boolean {
  const bodyBytes = chunk.layout.body.byteLength;
  return bodyBytes < SMALL_BODY_BYTES || (chunk.rows !== undefined && chunk.byteLength * 2 < bodyBytes);
}

function withoutTables(chunk: SpanChunk): SpanChunk {
  const bare = new SpanChunk(chunk.layout, chunk.columns, chunk.rows);
  bare.leases = chunk.leases;
  return bare;
}
