import { randomBytes } from 'node:crypto';
import { fnv1a32 } from '#base';
import { type Counts, NO_ITEMS } from './frames.ts';

/** Frames that are on disk under one name. `K` is what the caller keeps in memory beside them. */
export class Segment<K> {
  /** Unique among all collectors; sorts by time. */
  readonly id: string;
  readonly createdMs: number;
  bytes = 0;
  /** Items of each kind that were written. */
  counts: Counts = NO_ITEMS;
  items = 0;
  /** Undefined where only the file has what the frames say. */
  kept: K | undefined;
  /** The file in the log's folder. */
  fileName: string;
  /** An earlier process had it open when it ended: its last frame may be cut off. */
  wasOpen = false;
  /** Some of it may be in the store. */
  isSent = false;
  /** Whether `counts` is known. */
  isCounted = true;

  constructor(id: string, kept: K | undefined, fileName: string) {
    this.id = id;
    this.createdMs = Number(id.slice(0, id.indexOf('-')));
    this.kept = kept;
    this.fileName = fileName;
  }

  /** The time of its making in nanoseconds, with digits below the millisecond that hardly any other segment has. */
  get ingestedAtNs(): bigint {
    const name = new TextEncoder().encode(this.id);
    return BigInt(this.createdMs) * 1_000_000n + BigInt(fnv1a32(name, 0, name.length) % 1_000_000);
  }
}

/** Gives ids that are unique among all collectors and sort by time. */
export class SegmentIds {
  readonly #writerId = randomBytes(5).toString('hex');
  #sequence = 0;

  next(createdMs: number): string {
    return `${String(createdMs).padStart(13, '0')}-${String(this.#sequence++).padStart(9, '0')}-${this.#writerId}`;
  }
}

/*
 * File names:
 *
 *   <id>.new                       is being made, holds nothing yet
 *   <id>.open.seg                  frames are added
 *   <id>.1-2-3.seg                 closed, with so many items of each kind
 *   <id>.1-2-3.sent.seg            may be in the store, in part or as a whole
 *   <id>.1-2-3.of-<id>~<id>.seg    merged from the segments with ids in this range, which are not removed yet
 *   <id>.seg                       closed by a version that did not note the items
 */
export const SUFFIX = '.seg';
const ID = /\d{13}-\d{9}-[0-9a-f]{10}/.source;
const COUNT = /(\d{1,10})/.source;
const NAME = new RegExp(
  `^(${ID})(?:\\.(open)|\\.${COUNT}-${COUNT}-${COUNT})?(?:\\.(sent)|\\.of-(${ID})~(${ID}))?\\.seg$`,
);

export const NEW_SUFFIX = '.new';

export function newName(id: string): string {
  return `${id}${NEW_SUFFIX}`;
}

export function openName(id: string): string {
  return `${id}.open${SUFFIX}`;
}

export function closedName(id: string, counts: Counts): string {
  return `${id}.${counts.join('-')}${SUFFIX}`;
}

/** The name of the same file from the first attempt on to store it. */
export function sentName(fileName: string): string {
  return `${fileName.slice(0, -SUFFIX.length)}.sent${SUFFIX}`;
}

/** Ids of segments, both in it. */
export interface IdRange {
  readonly first: string;
  readonly last: string;
}

export function mergedName(id: string, counts: Counts, { first, last }: IdRange): string {
  return `${id}.${counts.join('-')}.of-${first}~${last}${SUFFIX}`;
}

/** What a merged segment stands for, while that may still be there. */
export function mergedRange(fileName: string): IdRange | undefined {
  const [first, last] = NAME.exec(fileName)?.slice(7) ?? [];
  return first === undefined || last === undefined ? undefined : { first, last };
}

/** The segment of a file that an earlier process left; undefined for a name that no process gives. */
export function segmentOfFile<K>(fileName: string, bytes: number): Segment<K> | undefined {
  const match = NAME.exec(fileName);
  if (match === null) return undefined;
  const [, id, open, first, second, third, sent] = match;
  const segment = new Segment<K>(id!, undefined, fileName);
  segment.bytes = bytes;
  segment.wasOpen = open !== undefined;
  segment.isSent = sent !== undefined;
  segment.isCounted = first !== undefined;
  segment.counts = [Number(first ?? 0), Number(second ?? 0), Number(third ?? 0)];
  segment.items = segment.counts[0] + segment.counts[1] + segment.counts[2];
  return segment;
}
