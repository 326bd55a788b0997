import type { Chunk } from './chunk.ts';
import { holdLeases, type Lease, leasesOf } from './lease.ts';
import type { Signal } from './signal.ts';

/** What the pipeline knows of the sender. Survives fan-out; a component that merges batches of several senders drops it. */
export interface BatchContext {
  /** Lower-case header or gRPC metadata names; present when the receiver has `include_metadata`. */
  readonly metadata?: ReadonlyMap<string, readonly string[]>;
  /** What an authenticator says of the sender: `username`, for instance; present where the receiver has `auth`. */
  readonly auth?: ReadonlyMap<string, string>;
  /** `host:port` of the sender, where known. */
  readonly peer?: string;
}

const NO_CONTEXT: BatchContext = {};

/**
 * What flows through a pipeline: some chunks of one signal. A receiver makes a batch of one chunk; merging batches puts their chunks
 * side by side, so nothing is copied. A component that changes or drops items works on each chunk alone.
 */
export class Batch {
  readonly signal: Signal;
  readonly chunks: readonly Chunk[];
  readonly context: BatchContext;

  constructor(signal: Signal, chunks: readonly Chunk[], context: BatchContext = NO_CONTEXT) {
    this.signal = signal;
    this.chunks = chunks;
    this.context = context;
  }

  /** Spans, log records or data points. */
  get itemCount(): number {
    let count = 0;
    for (const chunk of this.chunks) count += chunk.count;
    return count;
  }

  /** Bytes of the items as OTLP protobuf, exact for untouched data and near it otherwise. */
  get byteLength(): number {
    let bytes = 0;
    for (const chunk of this.chunks) bytes += chunk.byteLength;
    return bytes;
  }

  /** From now on `lease` is settled when all that is made of these rows is. */
  lend(lease: Lease): void {
    for (const chunk of this.chunks) chunk.leases = [...chunk.leases, lease];
  }

  /** For whoever keeps rows beyond the `consume` that brought them. Returns the function to call when they are settled; see Lease. */
  hold(): () => void {
    return holdLeases(leasesOf(this.chunks));
  }

  /** A copy whose columns may be changed. The received bytes stay shared. */
  clone(): Batch {
    return new Batch(
      this.signal,
      this.chunks.map((chunk) => chunk.clone()),
      this.context,
    );
  }

  /** The same items under a new list of chunks, keeping the sender's context. Empty chunks are left out. */
  with(chunks: readonly Chunk[]): Batch {
    return new Batch(
      this.signal,
      chunks.filter((chunk) => chunk.count > 0),
      this.context,
    );
  }
}

/** Puts the chunks of several batches of one signal side by side. The context is kept only if there is just one. */
export function mergeBatches(batches: readonly Batch[]): Batch {
  const first = batches[0]!;
  if (batches.length === 1) return first;
  return new Batch(
    first.signal,
    batches.flatMap((batch) => batch.chunks),
  );
}
