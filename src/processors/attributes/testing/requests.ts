import { expect } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch, type BatchContext, type Signal } from '#pdata';
import { decodeOtlp, encodeOtlp } from '#wire';
import { decodeReference, encodeReference, type ReferenceObject } from '../../../wire/testing/otlp-reference.ts';
import { type AttributesConfig, attributesSchema } from '../config.ts';
import { attributesFactory } from '../factory.ts';

/** Values in OTLP's form, written and read by the reference decoder: types are part of what is compared. */
export const s = (stringValue: string): object => ({ stringValue });
export const i = (intValue: number | string): object => ({ intValue: String(intValue) });
export const d = (doubleValue: number): object => ({ doubleValue });
export const b = (boolValue: boolean): object => ({ boolValue });
export type Values = { readonly [key: string]: object };

function keyValues(values: Values): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

export interface Item {
  readonly attributes?: Values;
  readonly fields?: object;
}
export interface Group {
  readonly resource?: Values;
  readonly scope?: { readonly name: string; readonly version?: string };
  readonly items: readonly Item[];
}

/** A request with everything around the attributes that must survive: unknown fields, events, dropped counts, schema urls. */
export function requestOf(signal: Signal, groups: readonly Group[]): Uint8Array {
  const item = ({ attributes, fields }: Item, n: number): object => {
    const common = { attributes: keyValues(attributes ?? {}), ...fields };
    if (signal === 'traces') {
      const ids = { traceId: new Uint8Array(16).fill(n + 1), spanId: new Uint8Array(8).fill(n + 1) };
      return { ...ids, droppedAttributesCount: 3, events: [{ name: 'e' }], futureField: `kept ${n}`, ...common };
    }
    if (signal === 'logs') return { timeUnixNano: '5', futureField: `kept ${n}`, ...common };
    return { timeUnixNano: '5', asDouble: 1.5, ...common };
  };
  const scopeOf = ({ scope, items }: Group): object => {
    const list = items.map(item);
    if (signal === 'traces') return { scope, spans: list, schemaUrl: 'scope-url' };
    if (signal === 'logs') return { scope, logRecords: list, schemaUrl: 'scope-url' };
    const metrics = list.map((point, n) => {
      const { name, ...rest } = point as { name?: string };
      return { name: name ?? `metric ${n}`, unit: 's', gauge: { dataPoints: [rest] } };
    });
    return { scope, metrics, schemaUrl: 'scope-url' };
  };
  const content = groups.map((group) => ({
    resource: { attributes: keyValues(group.resource ?? {}) },
    [{ traces: 'scopeSpans', logs: 'scopeLogs', metrics: 'scopeMetrics' }[signal]]: [scopeOf(group)],
    schemaUrl: 'resource-url',
  }));
  return encodeReference(signal, {
    [{ traces: 'resourceSpans', logs: 'resourceLogs', metrics: 'resourceMetrics' }[signal]]: content,
  });
}

export async function process(
  signal: Signal,
  yaml: object,
  body: Uint8Array,
  context?: BatchContext,
): Promise<Uint8Array> {
  const next = new RecordingConsumer();
  const config = attributesSchema.parse(yaml) as AttributesConfig;
  const processor = attributesFactory.create(fakeSettings({ id: 'attributes' }), config, signal, next);
  await processor.consume(new Batch(signal, [decodeOtlp(signal, body.slice()).chunk], context));
  return encodeOtlp(next.batches[0]!);
}

interface KeyValue {
  readonly key: string;
  readonly value?: object;
}

/** Takes the attributes of all items out of a request, in order, and leaves the rest. */
function takeAttributes(request: ReferenceObject): { attributes: Values[]; rest: ReferenceObject } {
  const attributes: Values[] = [];
  const walk = (node: unknown, isItem: boolean): unknown => {
    if (Array.isArray(node)) return node.map((entry) => walk(entry, isItem));
    if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return node;
    const copy: Record<string, unknown> = {};
    if (isItem) {
      const list = ((node as { attributes?: KeyValue[] }).attributes ?? []) as KeyValue[];
      attributes.push(Object.fromEntries(list.map(({ key, value }) => [key, value ?? {}])));
    }
    for (const [key, value] of Object.entries(node)) {
      if (isItem && key === 'attributes') continue;
      copy[key] = isItem ? value : walk(value, ['spans', 'logRecords', 'dataPoints'].includes(key));
    }
    return copy;
  };
  return { rest: walk(request, false) as ReferenceObject, attributes };
}

/** Runs the actions on items with these attributes; asserts that nothing but attributes changed. Returns the attributes. */
export async function run(
  signal: Signal,
  yaml: object,
  groups: readonly Group[],
  context?: BatchContext,
): Promise<Values[]> {
  const body = requestOf(signal, groups);
  const before = takeAttributes(decodeReference(signal, body));
  const after = takeAttributes(decodeReference(signal, await process(signal, yaml, body, context)));
  expect(after.rest).toEqual(before.rest);
  return after.attributes;
}
