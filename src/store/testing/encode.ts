import type { Chunk } from '#pdata';
import type { TableBlock } from '../native/columns.ts';
import { KnownIds } from '../native/known-ids.ts';
import { Owners } from '../native/owner-rows.ts';
import type { SegmentEncoder } from '../native/segment-encoder.ts';

interface BlockEncoder<C extends Chunk> {
  reset(): void;
  add(chunk: C, owners: Owners): void;
  finish(ingestedAtNs: bigint): TableBlock;
}

/** One block of these chunks; valid until the encoder is used again. */
export function encodeBlock<C extends Chunk>(
  encoder: BlockEncoder<C>,
  chunks: readonly C[],
  ingestedAtNs: bigint,
): TableBlock {
  const owners = new Owners();
  encoder.reset();
  for (const chunk of chunks) encoder.add(chunk, owners);
  return encoder.finish(ingestedAtNs);
}

/** The blocks of a segment of these chunks; each is valid until the next one is taken. */
export function encodeSegment(
  encoder: SegmentEncoder,
  chunks: readonly Chunk[],
  ingestedAtNs: bigint,
  known: KnownIds = new KnownIds(1000),
): Iterable<TableBlock> {
  encoder.reset();
  for (const chunk of chunks) encoder.add(chunk);
  return encoder.blocks(ingestedAtNs, known);
}

/** A copy of the block's bytes. */
export function joined({ parts }: TableBlock): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
