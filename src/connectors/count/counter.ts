import { ByteMap, type Clock, KeyBytes } from '#base';
import { ConditionList, conditionFunctions, parseCondition } from '#ottl';
import {
  type AnyValue,
  ArenaWriter,
  type AttributeCursor,
  type AttributeKey,
  attributeKey,
  type Chunk,
  exactValueAt,
  TEMPORALITY_DELTA,
} from '#pdata';
import type { MetricGroup } from '#wire';
import { CONTEXTS, type CountConfig, type Counted } from './config.ts';

/** A metric that counts, made ready. */
export interface CountRule {
  readonly name: string;
  readonly description: string;
  readonly conditions: ConditionList | undefined;
  readonly attributes: readonly {
    readonly name: string;
    readonly key: AttributeKey;
    readonly fallback: { readonly value: AnyValue; readonly type: number; readonly bytes: Uint8Array } | undefined;
  }[];
}

/** A condition that fails for an item refuses the batch, as in contrib. */
export function countRules(counted: Counted, metrics: readonly CountConfig[], clock: Clock): readonly CountRule[] {
  const context = CONTEXTS[counted];
  const options = { functions: conditionFunctions(context), nowMs: () => clock.nowMs() };
  return metrics.map(({ name, description, conditions, attributes }) => ({
    name,
    description,
    conditions:
      conditions.length === 0
        ? undefined
        : new ConditionList(
            conditions.map((text) => parseCondition(context, text, options)),
            'propagate',
            () => undefined,
          ),
    attributes: attributes.map(({ key, defaultValue }) => ({
      name: key,
      key: attributeKey(key),
      fallback: defaultValue === undefined ? undefined : fallbackOf(defaultValue),
    })),
  }));
}

function fallbackOf(value: AnyValue): { value: AnyValue; type: number; bytes: Uint8Array } {
  return { value, ...ArenaWriter.encodeValue(value) };
}

interface Count {
  readonly attributes: readonly (readonly [string, AnyValue])[];
  count: number;
}

/** A batch of the largest size whose items have nothing in common takes less. */
const KEY_LIMIT_BYTES = 1 << 30;
/** Of the item that is being counted. */
const key = new KeyBytes();

/** The counts of one metric. */
class RuleCounts {
  readonly all: Count[] = [];
  readonly #byKey = new ByteMap<Count>(KEY_LIMIT_BYTES);

  /** The one whose attributes are in `key`. */
  get known(): Count | undefined {
    return this.#byKey.get(key.bytes, key.length);
  }

  /** One that finds no place in the map is a point of its own, and counts all the same. */
  add(count: Count): void {
    this.all.push(count);
    this.#byKey.add(key.bytes, key.length, count);
  }
}

/** The counts of one resource's items of one kind, by metric and attributes, and from when to when these were. */
export class Counter {
  readonly #rules: readonly CountRule[];
  /** By rule. */
  readonly #counts: readonly RuleCounts[];
  #startHigh = 0;
  #startLow = 0;
  #endHigh = 0;
  #endLow = 0;

  constructor(rules: readonly CountRule[]) {
    this.#rules = rules;
    this.#counts = rules.map(() => new RuleCounts());
  }

  get isEmpty(): boolean {
    return this.#counts.every(({ all }) => all.length === 0);
  }

  /** A time of an item, counted or not, in words; 0 is none. */
  seeTime(high: number, low: number): void {
    if (high === 0 && low === 0) return;
    const isFirst = this.#startHigh === 0 && this.#startLow === 0;
    if (isFirst || high < this.#startHigh || (high === this.#startHigh && low < this.#startLow)) {
      this.#startHigh = high;
      this.#startLow = low;
    }
    if (high > this.#endHigh || (high === this.#endHigh && low > this.#endLow)) {
      this.#endHigh = high;
      this.#endLow = low;
    }
  }

  /** The item with the place `index` and `item` of the conditions' context. */
  count(chunk: Chunk, index: number, item: number, own: AttributeCursor | undefined): void {
    for (let i = 0; i < this.#rules.length; i++) {
      const rule = this.#rules[i]!;
      if (!readKey(rule, chunk, index, own)) continue;
      if (rule.conditions !== undefined && !rule.conditions.test(index, item)) continue;
      const counts = this.#counts[i]!;
      const { known } = counts;
      if (known !== undefined) known.count++;
      else counts.add({ attributes: own === undefined ? [] : valuesOf(rule, chunk, index, own), count: 1 });
    }
  }

  /** Returns how many points were written. */
  writeTo(group: MetricGroup, nowNs: bigint): number {
    const isTimed = this.#startHigh !== 0 || this.#startLow !== 0;
    const startNs = isTimed ? nanoseconds(this.#startHigh, this.#startLow) : nowNs;
    const endNs = isTimed ? nanoseconds(this.#endHigh, this.#endLow) : nowNs;
    let points = 0;
    for (const [i, { all }] of this.#counts.entries()) {
      if (all.length === 0) continue;
      const { name, description } = this.#rules[i]!;
      const sum = group.sum(name, { description, temporality: TEMPORALITY_DELTA, isMonotonic: true });
      for (const { attributes, count } of all) sum.series(attributes).add(endNs, BigInt(count), startNs);
      points += all.length;
    }
    return points;
  }
}

function nanoseconds(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Of the item, or else of its scope, or else of its resource. */
function find(
  key: AttributeKey,
  chunk: Chunk,
  row: number,
  own: AttributeCursor,
): ReturnType<AttributeCursor['getPrepared']> {
  return (
    own.getPrepared(key) ??
    chunk.scopeAttributes.of(chunk.scopeOf(row)).getPrepared(key) ??
    chunk.resourceAttributes.of(chunk.resourceOf(row)).getPrepared(key)
  );
}

/** Puts type and bytes of each attribute into `key`. False where one without a default is missing. */
function readKey({ attributes }: CountRule, chunk: Chunk, row: number, own: AttributeCursor | undefined): boolean {
  key.length = 0;
  for (let i = 0; i < attributes.length; i++) {
    const { key: name, fallback } = attributes[i]!;
    const found = find(name, chunk, row, own!);
    if (found !== undefined) {
      key.number(found.type);
      key.range(chunk.arena, found.at, found.length);
    } else if (fallback !== undefined) {
      key.number(fallback.type);
      key.range(fallback.bytes, 0, fallback.bytes.length);
    } else return false;
  }
  return true;
}

function valuesOf({ attributes }: CountRule, chunk: Chunk, row: number, own: AttributeCursor): Count['attributes'] {
  return attributes.map(({ name, key, fallback }) => {
    const found = find(key, chunk, row, own);
    if (found === undefined) return [name, fallback!.value];
    return [name, exactValueAt(chunk.arena, found.type, found.at, found.length)];
  });
}
