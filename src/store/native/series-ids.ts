import {
  attributesFieldOf,
  cursor,
  exemplarsFieldOf,
  type PointChunk,
  readVarint32,
  skipValue,
  VALUE_STRING,
} from '#pdata';
import { OwnerIds } from './owner-ids.ts';
import type { Owners } from './owner-rows.ts';
import { combine, hash, hashAttribute, hashAttributes, hashIn, viewOf } from './series-hash.ts';
import { WordColumn } from './word-column.ts';

const SEED_NAME = 0x5161_0002;
const SEED_UNIT = 0x5161_0003;
/** Of a series id's 64: they are the service's, so that the points of its series lie beside each other in the store. */
const SERVICE_BITS = 12;
/** First bytes of an AnyValue message with one field. */
const STRING_TAG = 0x0a;
const BOOL_TAG = 0x10;
const INT_TAG = 0x18;
const DOUBLE_TAG = 0x21;

const kinds = new Uint8Array(3);
const kindsView = viewOf(kinds);

/**
 * Works out series ids from the bytes of points, without a table of their attributes. A series is: name, type, unit, temporality and
 * monotonicity of the metric, the ids of its resource and scope, attributes of the point. An id is a hash of all that, behind a short one of the
 * service's name.
 */
export class SeriesIds {
  /** Of all points that were added, in order. */
  readonly ids: WordColumn = new WordColumn();
  /** Resources and scopes of the chunk that was added last. */
  readonly owners: OwnerIds = new OwnerIds();
  /**
   * Of the chunk that was added last: per metric the hash of everything but the points' attributes, low and high word, where one of its points
   * is selected.
   */
  metricWords: Uint32Array = new Uint32Array(0);
  /** Likewise the first bits of the ids of its series. */
  #serviceBits = new Uint32Array(0);
  /** Of the chunk that was added last: places in its selection of points with exemplars. */
  readonly exemplarPlaces: number[] = [];

  reset(): void {
    this.ids.reset();
    this.owners.reset();
    this.exemplarPlaces.length = 0;
  }

  /** Appends the ids of the selected points. Their resources and scopes go to `owners`. */
  add(chunk: PointChunk, owners: Owners): void {
    this.exemplarPlaces.length = 0;
    const { arena, rows, count, metrics } = chunk;
    this.owners.begin(chunk);
    this.metricWords = new Uint32Array(metrics.scope.length * 2);
    this.#serviceBits = new Uint32Array(metrics.scope.length);
    const isHashedMetric = new Uint8Array(metrics.scope.length);
    const { metric } = chunk.columns;
    const { rowStart, rowEnd } = chunk.layout;
    const view = viewOf(arena);
    // Those of a chunk that somebody changed stand in its table.
    const isChanged = chunk.hasChangedAttributes;
    const words = this.metricWords;
    const serviceBits = this.#serviceBits;
    let out = this.ids.takeValues(count);
    const target = this.ids.words;
    let last = -1;
    let attributesTag = 0;
    let exemplarsTag = 0;
    for (let i = 0; i < count; i++, out += 2) {
      const row = rows === undefined ? i : rows[i]!;
      const index = metric[row]!;
      if (index !== last) {
        last = index;
        const type = metrics.type[index]!;
        attributesTag = (attributesFieldOf(type) << 3) | 2;
        const field = exemplarsFieldOf(type);
        exemplarsTag = field === 0 ? -1 : (field << 3) | 2;
        if (isHashedMetric[index] === 0) {
          isHashedMetric[index] = 1;
          this.#hashMetric(chunk, view, index, this.owners.wordOf(chunk, metrics.scope[index]!, owners));
        }
      }
      found.exemplars = false;
      const isHashed = hashPoint(arena, view, rowStart[row]!, rowEnd[row]!, attributesTag, exemplarsTag);
      if (isChanged || !isHashed) hashAttributes(arena, chunk.rowAttributes.table, row);
      if (found.exemplars) this.exemplarPlaces.push(i);
      combine(words[index * 2]!, words[index * 2 + 1]!, hash.low, hash.high);
      target[out] = hash.low;
      target[out + 1] = serviceBits[index]! | (hash.high >>> SERVICE_BITS);
    }
  }

  /** `ownerWord`: where the words of the metric's scope stand. */
  #hashMetric({ metrics }: PointChunk, view: DataView, metric: number, ownerWord: number): void {
    const owner = this.owners.words;
    this.#serviceBits[metric] = owner[ownerWord + 6]! & (-1 << (32 - SERVICE_BITS));
    combine(owner[ownerWord]!, owner[ownerWord + 1]!, owner[ownerWord + 2]!, owner[ownerWord + 3]!);
    let { low, high } = hash;
    hashIn(view, metrics.nameAt[metric]!, metrics.nameLength[metric]!, SEED_NAME);
    combine(low, high, hash.low, hash.high);
    low = hash.low;
    high = hash.high;
    hashIn(view, metrics.unitAt[metric]!, metrics.unitLength[metric]!, SEED_UNIT);
    combine(low, high, hash.low, hash.high);
    low = hash.low;
    high = hash.high;
    kinds[0] = metrics.type[metric]!;
    kinds[1] = metrics.temporality[metric]!;
    kinds[2] = metrics.monotonic[metric]!;
    hashIn(kindsView, 0, 3, 0);
    combine(low, high, hash.low, hash.high);
    this.metricWords[metric * 2] = hash.low;
    this.metricWords[metric * 2 + 1] = hash.high;
  }
}

/** What the last call of `hashPoint` saw. */
const found = { exemplars: false };

/**
 * Hashes the attributes of the point in `arena[at, end)` as `hashAttributes` does. False where one is not of the common shape, which an
 * attribute table then reads.
 */
function hashPoint(
  arena: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  attributesTag: number,
  exemplarsTag: number,
): boolean {
  let low = 0;
  let high = 0;
  let isCommon = true;
  while (at < end) {
    let tag = arena[at++]!;
    if (tag >= 0x80) {
      tag = readVarint32(arena, at - 1);
      at = cursor.at;
    }
    if ((tag & 7) === 1) {
      at += 8;
      continue;
    }
    if (tag === attributesTag) {
      let length = arena[at++]!;
      if (length >= 0x80) {
        length = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      isCommon &&= hashKeyValue(arena, view, at, at + length);
      low = (low + hash.low) | 0;
      high = (high + hash.high) | 0;
      at += length;
      continue;
    }
    if (tag === exemplarsTag) found.exemplars = true;
    at = skipValue(arena, at, tag & 7);
  }
  hash.low = low >>> 0;
  hash.high = high >>> 0;
  return isCommon;
}

/** What every SDK writes: key, then value, both shorter than 128 bytes, and the value a string or a scalar. Else false. */
function hashKeyValue(arena: Uint8Array, view: DataView, at: number, end: number): boolean {
  const keyLength = arena[at + 1]!;
  const valueAt = at + 2 + keyLength;
  const length = end - valueAt - 2;
  if (arena[at] !== 0x0a || keyLength >= 0x80 || length <= 0 || length >= 0x80) return false;
  if (arena[valueAt] !== 0x12 || arena[valueAt + 1] !== length) return false;
  const tag = arena[valueAt + 2]!;
  if (tag === STRING_TAG) {
    if (length < 2 || arena[valueAt + 3] !== length - 2) return false;
    hashAttribute(view, at + 2, keyLength, VALUE_STRING, valueAt + 4, length - 2);
    return true;
  }
  if (tag === DOUBLE_TAG ? length !== 9 : (tag !== INT_TAG && tag !== BOOL_TAG) || !isVarint(arena, valueAt + 3, end))
    return false;
  hashAttribute(view, at + 2, keyLength, tag >>> 3, valueAt + 3, length - 1);
  return true;
}

/** Whether the bytes [at, end) are one varint. */
function isVarint(bytes: Uint8Array, at: number, end: number): boolean {
  const last = end - 1;
  while (at < last && bytes[at]! >= 0x80) at++;
  return at === last && bytes[last]! < 0x80;
}
