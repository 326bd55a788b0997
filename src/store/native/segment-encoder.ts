import { type Chunk, LogChunk, PointChunk, type Signal, SpanChunk } from '#pdata';
import type { KnownSeries, OwnWrite } from '#wire';
import type { TableBlock } from './columns.ts';
import { type KnownIds, RENEW_SECONDS } from './known-ids.ts';
import { LogBlockEncoder } from './log-block.ts';
import { Owners } from './owner-rows.ts';
import { PointEncoder } from './point-encoder.ts';
import { RequestEncoder } from './request-block.ts';
import { SpanBlockEncoder } from './span-block.ts';
import { SpanOrder } from './span-order.ts';
import { SpanPartEncoder } from './span-part-blocks.ts';
import { TraceSummaryEncoder } from './trace-summary-block.ts';

const NS_PER_SECOND = 1_000_000_000n;
/** Spans that one step of encoding takes, at least: some 10 ms. */
const STEP_SPANS = 4096;

/**
 * Turns the chunks of a segment into blocks for the tables. The same chunks and time give the same rows, so a block can be sent again under
 * the same token after a crash; only the tables that rows name by an id also depend on what was written before, and there rows that are sent
 * twice merge away. Logs and points become columns when they are added; spans are kept until the blocks are made, because they are sorted first.
 */
export class SegmentEncoder {
  readonly #spans = new SpanBlockEncoder();
  readonly #spanOrder = new SpanOrder();
  readonly #spanParts = new SpanPartEncoder();
  readonly #traces = new TraceSummaryEncoder();
  readonly #requests = new RequestEncoder();
  readonly #owners = new Owners();
  readonly #logs = new LogBlockEncoder();
  readonly #points = new PointEncoder();
  #spanChunks: SpanChunk[] = [];
  #spanCount = 0;
  /** Spans that are not encoded yet, in order, from behind; undefined before they were sorted. */
  #unencoded: SpanChunk[] | undefined = undefined;
  /** Of the known series whose points were added without them. */
  #generation: number | undefined = undefined;

  /** Begins an empty segment. */
  reset(): void {
    this.#spans.reset();
    this.#owners.reset();
    this.#logs.reset();
    this.#points.reset();
    this.#spanChunks = [];
    this.#spanCount = 0;
    this.#unencoded = undefined;
    this.#generation = undefined;
  }

  add(chunk: Chunk): void {
    if (chunk.count === 0) return;
    if (chunk instanceof SpanChunk) {
      this.#spanChunks.push(chunk);
      this.#spanCount += chunk.count;
    } else if (chunk instanceof LogChunk) this.#logs.add(chunk, this.#owners);
    else if (chunk instanceof PointChunk) this.#points.add(chunk, this.#owners);
  }

  /** Adds what a request of remote write brought; `series` learns which it has in full. */
  addWrite({ batch, known }: OwnWrite, series: KnownSeries, nowSeconds: number): void {
    for (const [i, chunk] of batch.chunks.entries()) {
      this.add(chunk);
      if (i === 0 && known !== undefined && chunk instanceof PointChunk)
        this.#points.describe(known.newcomers, chunk, series, nowSeconds);
    }
    if (known === undefined || known.count === 0) return;
    this.#points.addKnown(known);
    this.#generation ??= known.generation;
  }

  /** Whether all series of its points were written, as far as that is known in this generation of known series. */
  isComplete(generation: number): boolean {
    return this.#generation === undefined || this.#generation === generation;
  }

  /** What was added. */
  get items(): Readonly<Record<Signal, number>> {
    return { traces: this.#spanCount, metrics: this.#points.count, logs: this.#logs.count };
  }

  /** Encodes some of what was added. False where nothing is left to do: `blocks` does the rest at once. */
  step(): boolean {
    if (this.#unencoded === undefined) {
      this.#unencoded = this.#spanOrder.sorted(this.#spanChunks).map(({ chunk }) => chunk);
      this.#unencoded.reverse();
    }
    for (let done = 0; done < STEP_SPANS; ) {
      const chunk = this.#unencoded.pop();
      if (chunk === undefined) return false;
      this.#spans.add(chunk, this.#owners);
      done += chunk.count;
    }
    return true;
  }

  /**
   * The blocks of all that was added; may be asked for again. `ingestedAtNs` since the epoch goes into every row; `known` learns the
   * ids that are written. A block is valid until the next one is taken.
   */
  *blocks(ingestedAtNs: bigint, known: KnownIds): Generator<TableBlock> {
    const seconds = Number(ingestedAtNs / NS_PER_SECOND);
    while (this.step());
    // What rows name comes before them: a span that is found has a resource, a trace that is found can be opened.
    const resources = this.#owners.resources.encode(known.resources, seconds, RENEW_SECONDS);
    if (resources !== undefined) yield resources;
    const scopes = this.#owners.scopes.encode(known.scopes, seconds, RENEW_SECONDS);
    if (scopes !== undefined) yield scopes;
    if (this.#spanCount > 0) yield* this.#spanBlocks(ingestedAtNs);
    if (this.#logs.count > 0) {
      const streams = this.#logs.streams.encode(known.streams, seconds, RENEW_SECONDS);
      if (streams !== undefined) yield streams;
      yield this.#logs.finish(ingestedAtNs);
    }
    if (this.#points.count > 0) yield* this.#points.blocks(ingestedAtNs, known.series, RENEW_SECONDS);
  }

  *#spanBlocks(ingestedAtNs: bigint): Generator<TableBlock> {
    const spans = this.#spans;
    spans.arriveAt(ingestedAtNs);
    yield this.#traces.encode(spans, ingestedAtNs);
    yield this.#requests.encode(spans, ingestedAtNs);
    const events = this.#spanParts.encodeEvents(spans, ingestedAtNs);
    if (events !== undefined) yield events;
    const links = this.#spanParts.encodeLinks(spans, ingestedAtNs);
    if (links !== undefined) yield links;
    yield spans.finish(ingestedAtNs);
  }
}
