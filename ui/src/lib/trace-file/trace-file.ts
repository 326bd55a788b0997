/** A trace from a file, as the page of a trace takes it: nothing of it is stored, or sent anywhere. */
import type { SpanResponse, TraceResponse } from '#api/types.ts';
import { type FileSpan, readFileSpans, TraceFileError } from './file-spans.ts';

/** A larger file is not read. */
const MAX_FILE_BYTES = 100 * 1024 * 1024;
/** As many as the page shows of a stored trace; the first by start. */
const MAX_SPANS = 100_000;
const MAX_EVENTS = 20_000;

export interface TraceFile {
  readonly name: string;
  readonly trace: TraceResponse;
  /** Of each row of the trace. */
  readonly spans: readonly FileSpan[];
  /** What was mended, or left out, in words. */
  readonly notes: readonly string[];
}

const HINTS = [
  'db.query.text',
  'db.statement',
  'http.route',
  'url.full',
  'url.path',
  'messaging.destination.name',
  'rpc.method',
];
const HINT_CHARS = 160;
const KIND_NUMBERS = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const STATUS_NUMBERS = { unset: 0, ok: 1, error: 2 } as const;
const [NO_PARENT, MISSING_PARENT] = [-1, -2];

/** Throws `TraceFileError`. */
export function readTraceFile(name: string, text: string): TraceFile {
  const all = readFileSpans(text);
  const notes: string[] = [];
  const traces = [...Map.groupBy(all, ({ traceId }) => traceId)].sort(([, a], [, b]) => b.length - a.length);
  const [traceId, found] = traces[0]!;
  if (traces.length > 1) notes.push(`the file has ${traces.length} traces: this is the one with the most spans`);
  const distinct = withoutCopies(found);
  if (distinct.length < found.length) notes.push(`${found.length - distinct.length} copies of spans are left out`);
  const byStart = distinct.toSorted((a, b) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0));
  const { spans, parents, cycleCount } = inTreeOrder(byStart.slice(0, MAX_SPANS));
  if (cycleCount > 0)
    notes.push(`${cycleCount} spans are their own ancestors: such a circle is opened at its earliest span`);
  return { name, trace: traceOf(traceId, spans, parents, distinct.length), spans, notes };
}

/** A span that a sender delivered twice. */
function withoutCopies(spans: readonly FileSpan[]): readonly FileSpan[] {
  const seen = new Set<string>();
  return spans.filter(({ spanId, startNs, service, name }) => {
    const key = `${spanId} ${startNs} ${service} ${name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

interface Tree {
  /** Parents before children, siblings by start. */
  readonly spans: readonly FileSpan[];
  readonly parents: readonly number[];
  readonly cycleCount: number;
}

/** `byStart`: sorted. Without recursion: a chain may be as long as the file. */
function inTreeOrder(byStart: readonly FileSpan[]): Tree {
  const rowOf = new Map<string, number>();
  for (const [row, { spanId }] of byStart.entries()) if (!rowOf.has(spanId)) rowOf.set(spanId, row);
  const parentOf = byStart.map(({ parentId }, row) => {
    const parent = parentId === '' ? NO_PARENT : (rowOf.get(parentId) ?? MISSING_PARENT);
    return parent === row ? MISSING_PARENT : parent;
  });
  const cycleCount = openCycles(parentOf);
  const children = Map.groupBy(byStart.keys(), (row) => parentOf[row]!);
  const roots = byStart.keys().filter((row) => parentOf[row]! < 0);
  const [spans, parents]: [FileSpan[], number[]] = [[], []];
  const placeOf = new Map<number, number>();
  const stack = [...roots].reverse();
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    const parent = parentOf[row]!;
    placeOf.set(row, spans.length);
    spans.push(byStart[row]!);
    parents.push(parent < 0 ? parent : placeOf.get(parent)!);
    for (const child of (children.get(row) ?? []).toReversed()) stack.push(child);
  }
  return { spans, parents, cycleCount };
}

/** Changes `parentOf`: the earliest row of each circle has no parent then. Gives how many rows are in circles. */
function openCycles(parentOf: number[]): number {
  const [NEW, ON_WAY, DONE] = [0, 1, 2];
  const state = new Uint8Array(parentOf.length);
  let count = 0;
  for (let start = 0; start < parentOf.length; start++) {
    const way: number[] = [];
    let row = start;
    while (row >= 0 && state[row] === NEW) {
      state[row] = ON_WAY;
      way.push(row);
      row = parentOf[row]!;
    }
    if (row >= 0 && state[row] === ON_WAY) {
      const circle = way.slice(way.indexOf(row));
      count += circle.length;
      parentOf[circle.reduce((earliest, one) => Math.min(earliest, one))] = MISSING_PARENT;
    }
    for (const one of way) state[one] = DONE;
  }
  return count;
}

/** Texts numbered as they come. */
class Texts {
  readonly values: string[] = [];
  readonly #known = new Map<string, number>();

  at(text: string): number {
    let index = this.#known.get(text);
    if (index === undefined) {
      index = this.values.push(text) - 1;
      this.#known.set(text, index);
    }
    return index;
  }
}

function traceOf(
  traceId: string,
  spans: readonly FileSpan[],
  parents: readonly number[],
  total: number,
): TraceResponse {
  let [startNs, endNs] = [spans[0]!.startNs, spans[0]!.endNs];
  for (const span of spans) {
    if (span.startNs < startNs) startNs = span.startNs;
    if (span.endNs > endNs) endNs = span.endNs;
  }
  const [services, names, hints, eventNames] = [new Texts(), new Texts(), new Texts(), new Texts()];
  const events = spans
    .flatMap((span, row) => span.events.map(({ timeNs, name }) => ({ row, timeNs, name })))
    .slice(0, MAX_EVENTS);
  return {
    traceId,
    startNs: String(startNs),
    startMs: Number(startNs / 1000n) / 1000,
    durationNs: Number(endNs - startNs),
    spans: {
      ids: spans.map(({ spanId }) => spanId).join(''),
      parent: parents,
      service: spans.map(({ service }) => services.at(service)),
      name: spans.map(({ name }) => names.at(name)),
      hint: spans.map((span) => hints.at(hintOf(span))),
      startNs: spans.map((span) => Number(span.startNs - startNs)),
      durationNs: spans.map((span) => Number(span.endNs - span.startNs)),
      kind: spans.map(({ kind }) => KIND_NUMBERS[kind]),
      status: spans.map(({ status }) => STATUS_NUMBERS[status]),
    },
    events: {
      row: events.map(({ row }) => row),
      timeNs: events.map(({ timeNs }) => Number(BigInt(timeNs) - startNs)),
      name: events.map(({ name }) => eventNames.at(name)),
      names: eventNames.values,
    },
    services: services.values,
    names: names.values,
    hints: hints.values,
    logCount: 0,
    truncated: total > spans.length,
    totalSpanCount: total,
  };
}

function hintOf({ attributes }: FileSpan): string {
  const hint = HINTS.map((key) => attributes[key]).find((value) => typeof value === 'string' && value !== '');
  return hint === undefined ? '' : String(hint).replace(/\s+/g, ' ').trim().slice(0, HINT_CHARS);
}

/** A row of a trace from a file, as the server tells of a stored one. */
export function spanOfFile({ traceId, spanId, parentId, startNs, endNs, ...span }: FileSpan): SpanResponse {
  return {
    ...span,
    traceId,
    spanId,
    parentSpanId: parentId,
    startNs: String(startNs),
    durationNs: Number(endNs - startNs),
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    linkedFrom: [],
  };
}

/** Reads a chosen file in a thread of its own. Rejects with `TraceFileError`. */
export function openTraceFile(file: File): Promise<TraceFile> {
  if (file.size > MAX_FILE_BYTES)
    return Promise.reject(
      new TraceFileError(
        `${file.name} has ${Math.ceil(file.size / 1024 / 1024)} MiB: files of at most 100 MiB are read`,
      ),
    );
  const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { type: 'module' });
  return new Promise<TraceFile>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ readonly read?: TraceFile; readonly fault?: string }>) =>
      data.read === undefined ? reject(new TraceFileError(data.fault ?? '')) : resolve(data.read);
    worker.onerror = () =>
      reject(new TraceFileError(`${file.name} could not be read: there is not enough memory for it`));
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
