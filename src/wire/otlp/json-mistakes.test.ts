import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { Batch, type Signal } from '#pdata';
import { logsRequest, metricsRequest, tracesRequest } from '../testing/arbitraries.ts';
import { decodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlpJson } from './decode.ts';
import { encodeOtlp } from './encode.ts';

/** A value of a wrong type costs the smallest thing that is stored for itself: the item, or what belongs to its metric, scope or resource. */

const SIGNALS = ['traces', 'metrics', 'logs'] as const;
const REQUESTS = { traces: tracesRequest, metrics: metricsRequest, logs: logsRequest };
const LISTS = /^(resource|scope)(Spans|Logs|Metrics)$|^(spans|logRecords|metrics|dataPoints)$/;
/** Parts of a metric, which say how its points are to be read. */
const DATA = /^(gauge|sum|histogram|exponentialHistogram|summary)$/;

type Path = readonly (string | number)[];

/** A request of the reference as OTLP/JSON has it, as plain values. */
function asJson(request: ReferenceObject): ReferenceObject {
  const text = JSON.stringify(request, (key, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString(key === 'bytesValue' ? 'base64' : 'hex');
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
  // A key that OTLP does not have may hold anything.
  return JSON.parse(text, (key, value: unknown) => (key === 'futureField' ? undefined : value)) as ReferenceObject;
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  const own = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return own;
  const keys: Path = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [...own, ...keys.flatMap((key) => pathsOf((value as never)[key], [...path, key]))];
}

function changed(value: unknown, path: Path, to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as { [key: string | number]: unknown })[key] = changed((value as never)[key], rest, to);
  return copy;
}

/** What the mistake at `path` costs: a list of items, or the closest element of one. */
function unitOf(path: Path): Path {
  let end = path.length;
  while (!LISTS.test(String(path[end - 1])) && !LISTS.test(String(path[end - 2]))) end--;
  return path.slice(0, end);
}

function without(value: unknown, unit: Path): unknown {
  const last = unit.at(-1);
  if (typeof last === 'string') return changed(value, unit, []);
  const list = unit.slice(0, -1);
  const elements = list.reduce<unknown>((inner, key) => (inner as never)[key], value) as unknown[];
  return changed(
    value,
    list,
    elements.filter((_element, index) => index !== last),
  );
}

/** A value that no field takes in the place of this one. */
function wrongFor(value: unknown, choice: number): unknown {
  if (Array.isArray(value)) return [{}, 7, 'x', true][choice];
  if (typeof value === 'object') return [[], 7, 'x', false][choice];
  return [[], {}, [1], { a: 1 }][choice];
}

/** Each span, record or point with all that is above it. */
function items(value: unknown, above: readonly unknown[] = []): string[] {
  const entries = Object.entries(value as ReferenceObject);
  const [key, below] = entries.find(([name, inner]) => LISTS.test(name) || (DATA.test(name) && isObject(inner))) ?? [];
  if (key === undefined) return [];
  const own = [...above, key, Object.fromEntries(entries.filter(([name]) => name !== key))];
  if (!Array.isArray(below)) return items(below, own);
  const isLeaf = /^(spans|logRecords|dataPoints)$/.test(key);
  return below.flatMap((element) => (isLeaf ? [JSON.stringify([own, element])] : items(element, own)));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function stored(signal: Signal, body: unknown): { items: string[]; rejectedCount: number; reason: string } {
  const { chunk, rejectedCount, rejectedReason } = decodeOtlpJson(signal, Buffer.from(JSON.stringify(body)));
  const request = decodeReference(signal, encodeOtlp(new Batch(signal, [chunk])));
  return { items: items(request), rejectedCount, reason: rejectedReason };
}

const IDS = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' };
/** Good ones that stand behind the mistake, or a body of nothing else would be refused. */
const GOOD: Readonly<Record<Signal, ReferenceObject>> = {
  traces: { resourceSpans: [{ scopeSpans: [{ spans: [{ ...IDS, name: 'good' }] }] }] },
  metrics: {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ asInt: '1' }] } }] }] }],
  },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'good' } }] }] }] },
};

describe.each(SIGNALS)('%s', (signal) => {
  const list = Object.keys(GOOD[signal])[0]!;
  const listOf = (request: ReferenceObject): unknown[] => (request[list] as unknown[] | undefined) ?? [];

  test('a value of a wrong type costs its own item, or those of its metric, scope or resource', () => {
    fc.assert(
      fc.property(REQUESTS[signal], fc.nat(), fc.nat(3), (reference, place, choice) => {
        const whole = { [list]: [...listOf(asJson(reference)), ...listOf(GOOD[signal])] };
        // Beyond the list itself and what is good.
        const paths = pathsOf(whole).filter(([, index]) => index !== undefined && index !== whole[list]!.length - 1);
        fc.pre(paths.length > 0);
        const path = paths[place % paths.length]!;
        const value = path.reduce<unknown>((inner, key) => (inner as never)[key], whole);
        const want = stored(signal, without(whole, unitOf(path)));
        const got = stored(signal, changed(whole, path, wrongFor(value, choice)));
        expect(got.items).toEqual(want.items);
        expect(got.reason).toMatch(/^invalid JSON at byte \d+: expected/);
        const lostCount = stored(signal, whole).items.length - got.items.length;
        // How much was in something that can't be walked through can't be told.
        const isCounted = unitOf(path).length < path.length && !DATA.test(String(path.at(-1)));
        expect(got.rejectedCount).toBe(isCounted ? Math.max(1, lostCount) : 1);
      }),
      { numRuns: 50 },
    );
  });

  test('text that is no JSON refuses the whole request, wherever it is broken', () => {
    fc.assert(
      fc.property(REQUESTS[signal], fc.nat(), (reference, place) => {
        const text = JSON.stringify({ [list]: [...listOf(GOOD[signal]), ...listOf(asJson(reference))] });
        const brackets = [...text.matchAll(/[[\]{},:]/g)].map(({ index }) => index);
        const at = brackets[place % brackets.length]!;
        const broken = `${text.slice(0, at)}${text.slice(at + 1)}`;
        fc.pre(!isJson(broken));
        expect(() => decodeOtlpJson(signal, Buffer.from(broken))).toThrow(DecodeError);
      }),
      { numRuns: 50 },
    );
  });
});

test.each(['00', '01', '1.', '.5', '+1', '--1', '1e', '1-1'])(
  '%s is no number of JSON: it refuses the whole request',
  (number) => {
    for (const field of [
      `"asInt":${number}`,
      `"asDouble":${number}`,
      `"exemplars":[{"asDouble":${number}}]`,
      `"x":${number}`,
    ]) {
      const points = `{"dataPoints":[{"asInt":"1"},{${field}}]}`;
      const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":${points}}]}]}]}`;
      expect(() => decodeOtlpJson('metrics', Buffer.from(body)), field).toThrow(DecodeError);
    }
  },
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
