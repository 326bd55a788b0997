import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import protobuf from 'protobufjs';
import type { Signal } from '#pdata';
import { decodeReference, encodeReference, type ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, Outcome } from './cases.ts';

/** Lists of key and value that are maps: their order says nothing. */
const MAPS: ReadonlySet<string> = new Set(['attributes', 'filteredAttributes', 'metadata']);
/** Fields for which 0 is not the same as absent. */
const EXPLICIT: ReadonlySet<string> = new Set(['asDouble', 'asInt', 'sum', 'min', 'max']);

type Plain = string | { [key: string]: Plain } | Plain[];

/** A value with its type: `"text"`, `int 5`, `double 0.5`, `bool true`, `bytes 00ff`, `nothing`; lists and maps of these. */
function plainValue(value: ReferenceObject): Plain {
  if (value.stringValue !== undefined) return JSON.stringify(value.stringValue);
  if (value.intValue !== undefined) return `int ${String(value.intValue)}`;
  if (value.doubleValue !== undefined) return `double ${String(value.doubleValue)}`;
  if (value.boolValue !== undefined) return `bool ${String(value.boolValue)}`;
  if (value.bytesValue !== undefined) return `bytes ${hex(value.bytesValue)}`;
  const list = value.arrayValue as { values?: ReferenceObject[] } | undefined;
  if (list !== undefined) return ['list', ...(list.values ?? []).map(plainValue)];
  const map = value.kvlistValue as { values?: ReferenceObject[] } | undefined;
  if (map !== undefined) return { 'is a': 'map', ...plainMap(map.values ?? []) };
  return 'nothing';
}

function plainMap(entries: readonly ReferenceObject[]): { [key: string]: Plain } {
  const result: { [key: string]: Plain } = {};
  for (const { key, value } of entries) {
    let name = String(key ?? '');
    while (Object.hasOwn(result, name)) name += ' again';
    result[name] = plainValue((value ?? {}) as ReferenceObject);
  }
  return result;
}

function hex(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('hex');
}

/** A message without what it may as well leave out: defaults and empty parts. */
function plain(value: unknown, key: string, unordered: readonly string[]): Plain | undefined {
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : hex(value);
  if (key === 'body') {
    const body = plainValue(value as ReferenceObject);
    return body === 'nothing' ? undefined : body;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    if (MAPS.has(key)) return plainMap(value as ReferenceObject[]);
    const items = value.map((item) => plain(item, '', unordered) ?? {});
    return unordered.includes(key) ? items.sort(byText) : items;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).flatMap(([name, entry]) => {
      const inner = plain(entry, name, unordered);
      return inner === undefined ? [] : [[name, inner] as const];
    });
    return entries.length === 0 && key !== 'gauge' && key !== 'summary' && key !== ''
      ? undefined
      : Object.fromEntries(entries);
  }
  const text = String(value);
  const isDefault = text === '' || text === '0' || text === 'false';
  return isDefault && !EXPLICIT.has(key) && key !== '' ? undefined : text;
}

const byText = (a: Plain, b: Plain): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Every leaf by its path. Empty lists, maps and messages are leaves too. */
function flatten(value: Plain, path: string, into: Map<string, string>): void {
  if (typeof value === 'string') {
    into.set(path, value);
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) into.set(path, 'empty');
  for (const [key, entry] of entries) flatten(entry as Plain, `${path}/${key}`, into);
}

function leavesOf(requests: readonly Plain[]): Map<string, string> {
  const leaves = new Map<string, string>();
  requests.forEach((request, index) => {
    flatten(request, requests.length > 1 ? `request ${index}` : '', leaves);
  });
  return leaves;
}

function plainRequest(signal: Signal, bytes: Uint8Array, one: CompareCase): Plain {
  // What is without empty parts is sorted when these are gone, by what counts.
  const request =
    plain(decodeReference(signal, bytes), '', one.ignoresEmpty === true ? [] : (one.unordered ?? [])) ?? {};
  if (one.joinsGroups === true) joinGroups(request, 0);
  return request;
}

/** Puts the items of equal resources, and of equal scopes in them, together. */
function joinGroups(message: Plain, depth: 0 | 1): void {
  const object = message as { [key: string]: Plain };
  const name = LISTS[depth].find((each) => object[each] !== undefined);
  if (name === undefined) return;
  const byRest = new Map<string, { [key: string]: Plain }>();
  for (const group of object[name] as { [key: string]: Plain }[]) {
    const inner = LISTS[depth + 1]!.find((each) => group[each] !== undefined);
    const rest = JSON.stringify({ ...group, ...(inner !== undefined && { [inner]: [] }) });
    const known = byRest.get(rest);
    if (known === undefined || inner === undefined) byRest.set(rest, group);
    else (known[inner] as Plain[]).push(...(group[inner] as Plain[]));
  }
  object[name] = [...byRest.values()];
  if (depth === 0) for (const group of byRest.values()) joinGroups(group, 1);
}

const encoded = new WeakMap<ReferenceObject, Uint8Array>();

/** The request's bytes: made once, because cases share their input. */
export function bytesOf(signal: Signal, request: ReferenceObject): Uint8Array {
  let bytes = encoded.get(request);
  if (bytes === undefined) {
    bytes = encodeReference(signal, request);
    encoded.set(request, bytes);
  }
  return bytes;
}

const inputLeaves = new WeakMap<readonly ReferenceObject[], ReadonlyMap<string, string>>();

/** Of the case's input, read from its bytes like the output, so that both are written alike. */
function leavesBefore(one: CompareCase): ReadonlyMap<string, string> {
  let leaves = inputLeaves.get(one.input);
  if (leaves === undefined) {
    leaves = leavesOf(one.input.map((request) => plainRequest(one.signal, bytesOf(one.signal, request), one)));
    inputLeaves.set(one.input, leaves);
  }
  return leaves;
}

/** What came out, as far as the case says that it counts. */
function comparableRequests(one: CompareCase, output: readonly Uint8Array[]): Plain[] {
  const requests = output.map((bytes) => plainRequest(one.gives ?? one.signal, bytes, one));
  if (one.ignoresEmpty !== true) return requests;
  const filled = requests.flatMap((request) => withoutEmpty(request) ?? []);
  if (one.unordered !== undefined) for (const request of filled) sortLists(request, one.unordered, one.ignored);
  return filled;
}

/** From the outside in, the lists that lead to items; the last of each signal holds them. */
const LISTS = [
  ['resourceSpans', 'resourceLogs', 'resourceMetrics'],
  ['scopeSpans', 'scopeLogs', 'scopeMetrics'],
  ['spans', 'logRecords', 'metrics'],
] as const;
const DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

/** The message without parts that hold no item; undefined where it holds none. */
function withoutEmpty(message: Plain, depth = 0): Plain | undefined {
  const names: readonly string[] = LISTS[depth] ?? [];
  const object = message as { [key: string]: Plain };
  const name = names.find((each) => object[each] !== undefined);
  if (depth < LISTS.length) {
    const list = ((name === undefined ? [] : object[name]) as Plain[]).flatMap(
      (each) => withoutEmpty(each, name === 'spans' || name === 'logRecords' ? LISTS.length + 1 : depth + 1) ?? [],
    );
    return list.length === 0 ? undefined : { ...object, [name!]: list };
  }
  if (depth > LISTS.length) return object;
  const hasPoints = DATA.some((each) => (object[each] as { dataPoints?: Plain } | undefined)?.dataPoints !== undefined);
  return hasPoints ? object : undefined;
}

/** The same for values that are equal in what counts, whatever the order of their maps. */
function leafText(value: Plain, ignored: RegExp | undefined): string {
  const leaves = new Map<string, string>();
  flatten(value, '', leaves);
  const counting = [...leaves].filter(([path]) => !(ignored?.test(path) ?? false));
  return JSON.stringify(counting.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sortLists(value: Plain, names: readonly string[], ignored: RegExp | undefined): void {
  if (typeof value === 'string') return;
  for (const [name, entry] of Object.entries(value)) {
    sortLists(entry as Plain, names, ignored);
    if (Array.isArray(entry) && names.includes(name)) {
      const texts = new Map(entry.map((each) => [each, leafText(each, ignored)]));
      entry.sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1));
    }
  }
}

/** What of the case's output counts, as a difference to its input where that is shorter to read. */
function changesOf(one: CompareCase, output: readonly Uint8Array[]): Readonly<Record<string, string | null>> {
  const isWhole = one.reads === 'whole' || (one.gives !== undefined && one.gives !== one.signal);
  const before = isWhole ? new Map<string, string>() : leavesBefore(one);
  let after: Map<string, string>;
  try {
    const requests = comparableRequests(one, output);
    if (requests.length === 0) return NOTHING;
    after = leavesOf(requests);
  } catch (error) {
    // A text that is no UTF-8 can't be written into a fixture.
    return { output: `can not be read: ${(error as Error).message}` };
  }
  const changes: Record<string, string | null> = {};
  const counts = (path: string): boolean => !(one.ignored?.test(path) ?? false);
  for (const [path, text] of after) if (before.get(path) !== text && counts(path)) changes[path] = text;
  for (const path of before.keys()) if (!after.has(path) && counts(path)) changes[path] = null;
  return changes;
}

/** The fields that lead to the trace ids, and nothing else: the rest is skipped. */
const TRACE_IDS = protobuf
  .parse(`
syntax = "proto3";
message Request { repeated Resource resources = 1; }
message Resource { repeated Scope scopes = 2; }
message Scope { repeated Span spans = 2; }
message Span { bytes trace_id = 1; }
`)
  .root.lookupType('Request');

interface TraceIds {
  readonly resources: readonly {
    readonly scopes: readonly { readonly spans: readonly { readonly traceId: Uint8Array }[] }[];
  }[];
}

/** Adds the trace ids in a request's bytes, as hex. */
export function addTraceIds(bytes: Uint8Array, into: Set<string>): void {
  for (const { scopes } of (TRACE_IDS.decode(bytes) as unknown as TraceIds).resources) {
    for (const { spans } of scopes) for (const { traceId } of spans) into.add(hex(traceId));
  }
}

const inputTraces = new WeakMap<readonly ReferenceObject[], ReadonlySet<string>>();

function tracesBefore(one: CompareCase): ReadonlySet<string> {
  let traces = inputTraces.get(one.input);
  if (traces === undefined) {
    const found = new Set<string>();
    for (const request of one.input) addTraceIds(bytesOf(one.signal, request), found);
    traces = found;
    inputTraces.set(one.input, traces);
  }
  return traces;
}

/** The input's traces in order, a bit for each that came out, as hex; with their number. */
function keptTraces(one: CompareCase, kept: ReadonlySet<string>): string {
  const before = tracesBefore(one);
  const bits = Buffer.alloc(Math.ceil(before.size / 8));
  let index = 0;
  for (const traceId of before) {
    if (kept.has(traceId)) bits[index >> 3]! |= 1 << (index & 7);
    index++;
  }
  return `${kept.size} of ${before.size}: ${bits.toString('hex')}`;
}

const NOTHING: Readonly<Record<string, string | null>> = { output: null };

/** The outcome of a case that ran. */
export function outcomeOf(
  one: CompareCase,
  ran: {
    readonly output: readonly Uint8Array[];
    readonly traceIds: ReadonlySet<string>;
    readonly failed: string | undefined;
    readonly file: string;
  },
): Outcome {
  if (one.reads === 'file') return { text: one.ignored === undefined ? ran.file : ran.file.replace(one.ignored, '…') };
  if (one.reads === 'traces') return { text: keptTraces(one, ran.traceIds) };
  // Nothing came out: that every field is gone need not be listed.
  const changes = ran.output.length === 0 ? NOTHING : changesOf(one, ran.output);
  return ran.failed === undefined ? { changes } : { changes, failed: ran.failed };
}

/** A fixture with more fields than this keeps a hash of them. */
const FIELDS_LIMIT = 60;

/** As it is kept: `npm run compare` asks again where one wants to see what differs. */
export function shortened(outcome: Outcome): Outcome {
  if (!('changes' in outcome) || Object.keys(outcome.changes).length <= FIELDS_LIMIT) return outcome;
  return digestOf(outcome);
}

function digestOf({ changes, failed }: Extract<Outcome, { readonly changes: unknown }>): Outcome {
  const fields = Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 32);
  const digest = `${fields.length} fields ${hash}`;
  return failed === undefined ? { digest } : { digest, failed };
}

/** Whether two sides did the same. Texts of errors may differ. */
export function areAlike(one: Outcome, other: Outcome): boolean {
  if ('digest' in other && 'changes' in one) return areAlike(digestOf(one), other);
  return isDeepStrictEqual(comparable(one), comparable(other));
}

/** What of an outcome must be equal on both sides. */
function comparable(outcome: Outcome): unknown {
  if ('refused' in outcome) return { refused: true };
  if ('text' in outcome) return outcome;
  const failed = outcome.failed !== undefined;
  return 'digest' in outcome ? { digest: outcome.digest, failed } : { changes: outcome.changes, failed };
}
