import type { Clock } from '#base';
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
    readonly fallback: { readonly value: AnyValue; readonly identity: string } | undefined;
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

function fallbackOf(value: AnyValue): { value: AnyValue; identity: string } {
  const { type, bytes } = ArenaWriter.encodeValue(value);
  return { value, identity: identityOf(type, bytes, 0, bytes.length) };
}

/** Equal for equal values of the same type alone. */
function identityOf(type: number, bytes: Uint8Array, at: number, length: number): string {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
  return `${type} ${length} ${payload}`;
}

interface Count {
  readonly attributes: readonly (readonly [string, AnyValue])[];
  count: number;
}

const NO_ATTRIBUTES = '';

/** The counts of one resource's items of one kind, by metric and attributes, and from when to when these were. */
export class Counter {
  readonly #rules: readonly CountRule[];
  /** By rule, then by the identity of the attributes. */
  readonly #counts: readonly Map<string, Count>[];
  #startHigh = 0;
  #startLow = 0;
  #endHigh = 0;
  #endLow = 0;

  constructor(rules: readonly CountRule[]) {
    this.#rules = rules;
    this.#counts = rules.map(() => new Map<string, Count>());
  }

  get isEmpty(): boolean {
    return this.#counts.every(({ size }) => size === 0);
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
      const identity = rule.attributes.length === 0 ? NO_ATTRIBUTES : attributesIdentity(rule, chunk, index, own!);
      if (identity === undefined) continue;
      if (rule.conditions !== undefined && !rule.conditions.test(index, item)) continue;
      const counts = this.#counts[i]!;
      const known = counts.get(identity);
      if (known !== undefined) known.count++;
      else counts.set(identity, { attributes: own === undefined ? [] : valuesOf(rule, chunk, index, own), count: 1 });
    }
  }

  /** Returns how many points were written. */
  writeTo(group: MetricGroup, nowNs: bigint): number {
    const isTimed = this.#startHigh !== 0 || this.#startLow !== 0;
    const startNs = isTimed ? nanoseconds(this.#startHigh, this.#startLow) : nowNs;
    const endNs = isTimed ? nanoseconds(this.#endHigh, this.#endLow) : nowNs;
    let points = 0;
    for (const [i, counts] of this.#counts.entries()) {
      if (counts.size === 0) continue;
      const { name, description } = this.#rules[i]!;
      const sum = group.sum(name, { description, temporality: TEMPORALITY_DELTA, isMonotonic: true });
      for (const { attributes, count } of counts.values()) sum.series(attributes).add(endNs, BigInt(count), startNs);
      points += counts.size;
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

/** Undefined where an attribute without a default is missing. */
function attributesIdentity(
  { attributes }: CountRule,
  chunk: Chunk,
  row: number,
  own: AttributeCursor,
): string | undefined {
  let identity = '';
  for (const { key, fallback } of attributes) {
    const found = find(key, chunk, row, own);
    if (found !== undefined) identity += identityOf(found.type, chunk.arena, found.at, found.length);
    else if (fallback !== undefined) identity += fallback.identity;
    else return undefined;
  }
  return identity;
}

function valuesOf({ attributes }: CountRule, chunk: Chunk, row: number, own: AttributeCursor): Count['attributes'] {
  return attributes.map(({ name, key, fallback }) => {
    const found = find(key, chunk, row, own);
    if (found === undefined) return [name, fallback!.value];
    return [name, exactValueAt(chunk.arena, found.type, found.at, found.length)];
  });
}
