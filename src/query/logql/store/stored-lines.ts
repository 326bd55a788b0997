import { LOKI_SCOPE, VALUE_STRING } from '#pdata';
import {
  type Owners,
  readPlainOrCut,
  readResources,
  readScopes,
  type StoredResource,
  type StoredScope,
  withinBudget,
} from '../../plan/index.ts';
import type { Labels } from '../../promql/labels.ts';
import {
  parseValueText,
  plainValue,
  type ReadOptions,
  type StoredAttribute,
  type StoreReader,
  type Table,
} from '../../reader/index.ts';
import { logs } from '../../source/index.ts';
import { allOf, integer, raw, type Sql, sql, timeNs } from '../../sql/index.ts';
import type { Counted, CountedBy, Direction, LinePlace, LineSelection, LineSource } from '../line-source.ts';
import type { StoredLine } from '../pipeline/entry.ts';
import { countStoredLines } from './counted-lines.ts';
import { detectedLevel } from './level.ts';
import { lineCondition } from './line-condition.ts';
import { arrivedAt, timesOfLines } from './line-times.ts';
import { LineWindows, type NsRange } from './line-windows.ts';
import { areOfLines, FIELDS, namingPaths } from './metadata-paths.ts';
import { findStreams, ofStreams } from './streams.ts';
import { eachMetadata } from './structured.ts';
import { wantedCondition } from './wanted-labels.ts';

/** Lines and what they take, of one reading. */
const PAGE_LINES = 20_000;
const PAGE_BYTES = 16 * 1024 * 1024;
/** Time is read part by part, so that a query for a few lines reads little and the others pass by in order. */
const FIRST_SLICE_NS = 300_000_000_000n;
const ATTRIBUTE_BYTES = 64 * 1024;

const NO_ID16 = '0'.repeat(32);
const NO_ID8 = '0'.repeat(16);

/** Lines of the store. */
export class StoredLines implements LineSource {
  readonly #reader: StoreReader;
  readonly #options: ReadOptions | undefined;

  constructor(reader: StoreReader, options?: ReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async *read(selection: LineSelection): AsyncGenerator<readonly StoredLine[]> {
    const { matchers, lineFilters, direction, limit } = selection;
    const streams = await findStreams(this.#reader, matchers, this.#options);
    if (streams.size === 0) return;
    const range = await timesOfLines(this.#reader, selection, this.#options);
    if (range === undefined) return;
    // Those that the store has no words for are left to who reads.
    const known = range.hasOtherBodies ? [] : lineFilters.map(lineCondition);
    const condition = allOf([
      ofStreams(matchers),
      ...arrivedAt(selection),
      ...(selection.also === undefined ? [] : [selection.also]),
      ...(selection.unsure === undefined ? [] : [selection.unsure]),
      ...known.filter((each) => each !== undefined),
    ]);
    const wanted = range.hasOtherBodies ? [] : (selection.wanted ?? []);
    const labels = selection.labels?.some((label) => FIELDS.has(label)) ? undefined : selection.labels;
    const names = [...wanted.map(({ name }) => name), ...(labels ?? [])];
    const pageLines = Math.min(PAGE_LINES, Math.max(limit ?? PAGE_LINES, 100));
    const windows = new LineWindows(direction, pageLines);
    for (const [firstNs, lastNs] of slices(range.firstNs, range.lastNs, direction)) {
      const where = logs.when(sql`${logs.between(firstNs, lastNs)} AND ${condition}`);
      let read: Promise<readonly string[]> | undefined;
      const paths = (): Promise<readonly string[]> => (read ??= namingPaths(this.#reader, names, where, this.#options));
      const possible = await wantedCondition(wanted, streams, paths);
      const isBare = labels !== undefined && areOfLines(labels, await paths());
      const narrowed = possible === undefined ? condition : allOf([condition, possible]);
      let cursor: LinePlace | undefined = isWithin(selection.beyond, firstNs, lastNs) ? selection.beyond : undefined;
      for (let left: NsRange | undefined = { firstNs, lastNs }; left !== undefined; ) {
        const window = windows.next(left);
        const { lines, next } = await this.#page(
          { ...window, condition: narrowed, direction, cursor, lines: pageLines, isBare },
          streams,
        );
        if (lines.length > 0) yield lines;
        left = windows.left(left, window, lines.length, next);
        cursor = next;
      }
    }
  }

  async count(selection: LineSelection, by: CountedBy): Promise<Counted | undefined> {
    return countStoredLines(this.#reader, selection, by, this.#options);
  }

  async arrivals(afterNs: bigint, untilNs: bigint): Promise<readonly bigint[]> {
    const arrived = sql`ingested_at > ${timeNs(afterNs)} AND ingested_at <= ${timeNs(untilNs)}`;
    const table = await this.#reader.read(
      sql`SELECT DISTINCT toUnixTimestamp64Nano(ingested_at) AS arrived_at ${logs.when(arrived)}`,
      this.#options,
    );
    return table.bigints('arrived_at');
  }

  async #page(
    { firstNs, lastNs, condition, direction, cursor, lines: limit, isBare }: Page,
    streams: ReadonlyMap<string, Labels>,
  ): Promise<{ readonly lines: readonly StoredLine[]; readonly next: LinePlace | undefined }> {
    const order = raw(direction === 'forward' ? 'ASC' : 'DESC');
    const sorted = sql`time ${order}, ingested_at ${order}, record ${order}`;
    const beyond = cursor === undefined ? [] : [behind(cursor, direction)];
    const from = cursor === undefined || direction === 'backward' ? firstNs : cursor.timeNs;
    const to = cursor === undefined || direction === 'forward' ? lastNs : cursor.timeNs;
    const rows = sql`SELECT ${isBare ? BARE_COLUMNS : COLUMNS} ${logs.when(logs.between(from, to))} AND ${allOf([condition, ...beyond])}
      ORDER BY ${sorted} LIMIT ${integer(limit)}`;
    const cut = withinBudget(rows, sorted, isBare ? BARE_ROW_BYTES : ROW_BYTES, PAGE_BYTES);
    const asked = { plain: rows, cut, budgetBytes: PAGE_BYTES, fits: () => true };
    const table = await readPlainOrCut(this.#reader, asked, this.#options);
    const lines = isBare ? bareLines(table, streams) : await this.#lines(table, streams);
    // Of a page that was cut there may be more.
    const found = table.has('found_rows') && table.rowCount > 0 ? table.numbers('found_rows')[0]! : table.rowCount;
    const isLast = table.rowCount === 0 || (found < limit && table.rowCount === found);
    return { lines, next: isLast ? undefined : cursorOf(table) };
  }

  async #lines(table: Table, streams: ReadonlyMap<string, Labels>): Promise<readonly StoredLine[]> {
    const resourceIds = table.column<number | bigint>('resource_id');
    const scopeIds = table.column<number | bigint>('scope_id');
    const [resources, scopes] = await Promise.all([
      readResources(this.#reader, resourceIds, ATTRIBUTE_BYTES, this.#options),
      readScopes(this.#reader, scopeIds, ATTRIBUTE_BYTES, this.#options),
    ]);
    return new LineReader(table, streams, resources, scopes).all();
  }
}

interface Page {
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly condition: Sql;
  readonly direction: Direction;
  readonly cursor: LinePlace | undefined;
  readonly lines: number;
  /** Nobody asks what records say besides their streams and lines. */
  readonly isBare: boolean;
}

function isWithin(place: LinePlace | undefined, firstNs: bigint, lastNs: bigint): boolean {
  return place !== undefined && place.timeNs >= firstNs && place.timeNs <= lastNs;
}

function cursorOf(table: Table): LinePlace {
  const row = table.rowCount - 1;
  return {
    timeNs: table.bigints('at')[row]!,
    arrivedNs: table.bigints('arrived_at')[row]!,
    record: table.numbers('record')[row]!,
  };
}

function behind({ timeNs: at, arrivedNs, record }: LinePlace, direction: Direction): Sql {
  const sign = raw(direction === 'forward' ? '>' : '<');
  return sql`(time, ingested_at, record) ${sign} (${timeNs(at)}, ${timeNs(arrivedNs)}, ${integer(record)})`;
}

const BARE_COLUMNS: Sql =
  raw(`time, toUnixTimestamp64Nano(time) AS at, ingested_at, toUnixTimestamp64Nano(ingested_at) AS arrived_at, record,
  toString(stream_id) AS stream, body, body_type`);
const BARE_ROW_BYTES: Sql = raw('100 + length(body)');
const COLUMNS: Sql = sql`${BARE_COLUMNS}, ${raw(`toUnixTimestamp64Nano(observed_time) AS observed_at, trace_id, span_id,
  stored.flags AS shown_flags, severity_number, severity_text, resource_id, scope_id, event_name, dropped_attributes_count,
  attributes AS shown_attributes, attributes_other AS shown_attributes_other`)}`;
const ROW_BYTES: Sql = raw(
  '300 + length(body) + length(toString(shown_attributes)) + length(toString(shown_attributes_other))',
);

/** Parts of a range, each twice as long as the one before. */
function* slices(firstNs: bigint, lastNs: bigint, direction: Direction): Generator<readonly [bigint, bigint]> {
  let length = FIRST_SLICE_NS;
  let [from, to] = [firstNs, lastNs];
  while (from <= to) {
    if (direction === 'forward') {
      const end = from + length - 1n < to ? from + length - 1n : to;
      yield [from, end];
      from = end + 1n;
    } else {
      const begin = to - length + 1n > from ? to - length + 1n : from;
      yield [begin, to];
      to = begin - 1n;
    }
    length *= 2n;
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Lines of which nobody asks what their records say besides. */
function bareLines(table: Table, streams: ReadonlyMap<string, Labels>): readonly StoredLine[] {
  const [times, arrivals, records] = [table.bigints('at'), table.bigints('arrived_at'), table.numbers('record')];
  const [bodies, bodyTypes] = [table.strings('body'), table.column<number>('body_type')];
  return table.strings('stream').flatMap((id, row) => {
    const stream = streams.get(id);
    if (stream === undefined) return [];
    const line = textOfBody(bodies[row]!, bodyTypes[row]!);
    return [
      { timeNs: times[row]!, arrivedNs: arrivals[row]!, record: records[row]!, line, stream, structured: NOTHING },
    ];
  });
}

function textOfBody(body: string, type: number): string {
  if (type === VALUE_STRING || body === '') return body;
  const plain = plainValue(parseValueText(body));
  return plain === null ? '' : typeof plain === 'string' ? plain : JSON.stringify(plain);
}

/** The columns of a page, each read once. */
function columnsOf(table: Table) {
  return {
    streams: table.strings('stream'),
    times: table.bigints('at'),
    arrivals: table.bigints('arrived_at'),
    records: table.numbers('record'),
    observedTimes: table.bigints('observed_at'),
    bodies: table.strings('body'),
    bodyTypes: table.column<number>('body_type'),
    severityNumbers: table.column<number>('severity_number'),
    severityTexts: table.strings('severity_text'),
    flags: table.column<number>('shown_flags'),
    droppedCounts: table.column<number>('dropped_attributes_count'),
    traceIds: table.strings('trace_id'),
    spanIds: table.strings('span_id'),
    eventNames: table.strings('event_name'),
    resourceIds: table.column<number | bigint>('resource_id'),
    scopeIds: table.column<number | bigint>('scope_id'),
    attributes: table.column<readonly StoredAttribute[]>('shown_attributes'),
    otherAttributes: table.column<readonly StoredAttribute[]>('shown_attributes_other'),
  };
}

/** The rows of a page as lines. */
class LineReader {
  readonly #columns: ReturnType<typeof columnsOf>;
  readonly #streams: ReadonlyMap<string, Labels>;
  readonly #resources: Owners<StoredResource>;
  readonly #scopes: Owners<StoredScope>;
  /** What a resource and a scope add to each line of theirs. */
  readonly #owned = new Map<string, ReadonlyMap<string, string>>();

  constructor(
    table: Table,
    streams: ReadonlyMap<string, Labels>,
    resources: Owners<StoredResource>,
    scopes: Owners<StoredScope>,
  ) {
    this.#columns = columnsOf(table);
    this.#streams = streams;
    this.#resources = resources;
    this.#scopes = scopes;
  }

  all(): readonly StoredLine[] {
    const { streams, times } = this.#columns;
    return streams.flatMap((id, row) => {
      // A stream that came after the query began.
      const stream = this.#streams.get(id);
      return stream === undefined ? [] : [this.#line(row, times[row]!, stream, id)];
    });
  }

  #line(row: number, timeNs: bigint, stream: Labels, streamId: string): StoredLine {
    const line = textOfBody(this.#columns.bodies[row]!, this.#columns.bodyTypes[row]!);
    let structured: ReadonlyMap<string, string> | undefined;
    const made = (): ReadonlyMap<string, string> => this.#structured(row, line, stream, streamId);
    return {
      timeNs,
      arrivedNs: this.#columns.arrivals[row]!,
      record: this.#columns.records[row]!,
      line,
      stream,
      // Many queries ask for nothing of it.
      get structured(): ReadonlyMap<string, string> {
        structured ??= made();
        return structured;
      },
    };
  }

  #structured(row: number, line: string, stream: Labels, streamId: string): ReadonlyMap<string, string> {
    const { attributes, otherAttributes } = this.#columns;
    const structured = new Map(this.#ofOwners(row, stream, streamId));
    const take = (name: string, value: string): void => void structured.set(besides(stream, name), value);
    eachMetadata(attributes[row]!, take);
    eachMetadata(otherAttributes[row]!, take);
    this.#addFields(row, take);
    const labelOf = (name: string): string => stream.get(name) || (structured.get(name) ?? '');
    const severityNumber = this.#columns.severityNumbers[row]!;
    // What was sent under this name stays.
    if (severityNumber > 0 || labelOf('detected_level') === '')
      take('detected_level', detectedLevel(severityNumber, labelOf, line));
    return structured;
  }

  #addFields(row: number, take: (name: string, value: string) => void): void {
    const columns = this.#columns;
    const number = (name: string, value: number): void => {
      if (value > 0) take(name, String(value));
    };
    const text = (name: string, value: string, none: string): void => {
      if (value !== none) take(name, value);
    };
    const severityNumber = columns.severityNumbers[row]!;
    const severityText = columns.severityTexts[row]!;
    const observed = columns.observedTimes[row]!;
    if (observed > 0n) take('observed_timestamp', String(observed));
    number('severity_number', severityNumber);
    text('severity_text', severityText, '');
    number('flags', columns.flags[row]!);
    number('dropped_attributes_count', columns.droppedCounts[row]!);
    text('trace_id', columns.traceIds[row]!, NO_ID16);
    text('span_id', columns.spanIds[row]!, NO_ID8);
    text('event_name', columns.eventNames[row]!, '');
  }

  /** Of the resource what is no label of the stream, and the scope. */
  #ofOwners(row: number, stream: Labels, streamId: string): ReadonlyMap<string, string> {
    const resourceId = this.#columns.resourceIds[row]!;
    const scopeId = this.#columns.scopeIds[row]!;
    const key = `${streamId} ${resourceId} ${scopeId}`;
    const known = this.#owned.get(key);
    if (known !== undefined) return known;
    const made = new Map<string, string>();
    const take = (name: string, value: string): void => {
      if (stream.get(name) !== value) made.set(besides(stream, name), value);
    };
    eachMetadata(this.#resources.get(resourceId)?.attributes ?? [], take);
    const scope = this.#scopes.get(scopeId);
    eachMetadata(scope?.attributes ?? [], take);
    if (scope?.name && scope.name !== LOKI_SCOPE) made.set('scope_name', scope.name);
    if (scope?.version) made.set('scope_version', scope.version);
    this.#owned.set(key, made);
    return made;
  }
}

/** What has the name of a label of its stream gets another, as what is taken out of a line does. */
function besides(stream: Labels, name: string): string {
  return stream.get(name) === '' ? name : `${name}_extracted`;
}
