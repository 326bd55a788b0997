import { assert, messageOf } from '#base';
import type { Chunk, Signal } from '#pdata';
import { decodeKeptRequest, decodeOtlp } from '#wire';
import type { SegmentEncoder } from './native/segment-encoder.ts';
import { type Counts, type Frame, NO_ITEMS, plus, type SegmentDamage } from './spool/frames.ts';

/** Signals by the kind of a frame. */
export const KINDS: readonly Signal[] = ['traces', 'metrics', 'logs'];
/** What the payload of a frame holds. */
export const FORM = { otlp: 0, remoteWrite: 1 } as const;

function chunksOf({ kind, form, payload }: Frame): readonly Chunk[] {
  if (form === FORM.otlp) return [decodeOtlp(KINDS[kind]!, payload).chunk];
  assert(form === FORM.remoteWrite, `the form ${form} is unknown`);
  return decodeKeptRequest(payload).chunks;
}

/** Adds what was read of a segment. Returns what was not: `damage`, and frames that can't be decoded. */
export function addFrames(
  encoder: SegmentEncoder,
  frames: readonly Frame[],
  damage: SegmentDamage | undefined,
): SegmentDamage | undefined {
  let unreadable = NO_ITEMS;
  let reason = '';
  for (const frame of frames) {
    try {
      for (const chunk of chunksOf(frame)) encoder.add(chunk);
    } catch (error) {
      unreadable = plus(unreadable, frame.kind, frame.items);
      reason = `a frame can't be decoded: ${messageOf(error)}`;
    }
  }
  if (reason === '') return damage;
  if (damage === undefined) return { lost: unreadable, isMoreLost: false, places: reason };
  const lost = damage.lost.map((count, kind) => count + unreadable[kind]!) as unknown as Counts;
  return { ...damage, lost, places: `${damage.places}; ${reason}` };
}

/** Bytes of all parts. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Counts by signal. */
export function itemsOf([traces, metrics, logs]: Counts): Readonly<Record<Signal, number>> {
  return { traces, metrics, logs };
}
