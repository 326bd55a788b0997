import { unlessAborted } from '#base';
import type { ReadOptions, StoreReader, Table } from '../../reader/index.ts';
import { metricSeries } from '../../source/index.ts';
import { raw, type Sql, sql, texts } from '../../sql/index.ts';
import { KnownSeries } from './known-series.ts';
import { namedSeries } from './matching.ts';
import { readSeen, readStoredRows, type StoredRow } from './stored-rows.ts';

export interface SeriesCatalogOptions {
  /** For so long an answer counts as new: a series that is stored is seen this much later, at most. */
  readonly freshMs?: number;
  /** Of all that is kept, about. What was asked for longest ago goes first. */
  readonly maxBytes?: number;
  /** More series than this under one name, or in all, are not kept. */
  readonly maxSeries?: number;
  /** Milliseconds that only grow. */
  readonly nowMs?: () => number;
}

const DEFAULT_FRESH_MS = 1_000;
const DEFAULT_MAX_BYTES = 96 * 1024 * 1024;
const DEFAULT_MAX_SERIES = 50_000;
/** So soon names of too many series are not counted again. */
const TOO_MANY_MS = 60_000;
/** More unknown ones are read with all others; fewer by their ids. */
const MAX_SENT_IDS = 5_000;
/** A resource that comes later than its series does so within this time. */
const RESOURCE_WAIT_S = 60;

interface Entry {
  readonly freshUntilMs: number;
  /** Undefined where there are too many. */
  readonly series: Promise<KnownSeries | undefined>;
  bytes: number;
}

/**
 * What the store says of the series of a metric, kept between queries: what a series is never changes, and so only its id and when it was
 * seen are asked for again, and all else of new ones. For all tenants; no query sees what is older than `freshMs`.
 */
export class SeriesCatalog {
  readonly #freshMs: number;
  readonly #maxBytes: number;
  readonly #maxSeries: number;
  readonly #nowMs: () => number;
  /** What was asked for longest ago comes first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor({ freshMs, maxBytes, maxSeries, nowMs }: SeriesCatalogOptions = {}) {
    this.#freshMs = freshMs ?? DEFAULT_FRESH_MS;
    this.#maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxSeries = maxSeries ?? DEFAULT_MAX_SERIES;
    this.#nowMs = nowMs ?? (() => performance.now());
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The user's series under these of Prometheus' names, of all without any, whenever they were seen. Undefined where there are too many. */
  async series(
    reader: StoreReader,
    names: readonly string[] | undefined,
    options: ReadOptions,
  ): Promise<KnownSeries | undefined> {
    // Others may wait for it, too: it doesn't end with this one's request.
    const { signal, ...shared } = options;
    const key = JSON.stringify([reader.tenant, names]);
    const known = this.#entries.get(key);
    const nowMs = this.#nowMs();
    if (known !== undefined && nowMs < known.freshUntilMs) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return unlessAborted(known.series, signal);
    }
    const before = known?.series.catch(() => undefined);
    const series = this.#read(reader, names, before, shared);
    const entry = { freshUntilMs: nowMs + this.#freshMs, series, bytes: known?.bytes ?? 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return unlessAborted(this.#noted(key, entry), signal);
  }

  async #noted(key: string, entry: Entry): Promise<KnownSeries | undefined> {
    try {
      const found = await entry.series;
      this.#note(key, entry, found);
      return found;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#drop(key);
      throw error;
    }
  }

  #note(key: string, entry: Entry, found: KnownSeries | undefined): void {
    // Another may have been read in the meantime.
    if (this.#entries.get(key) !== entry) return;
    const bytes = bytesOf(found);
    this.#bytes += bytes - entry.bytes;
    const isTooMany = found === undefined;
    const freshUntilMs = isTooMany ? this.#nowMs() + TOO_MANY_MS : entry.freshUntilMs;
    this.#entries.set(key, { ...entry, bytes, freshUntilMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#entries.size <= MAX_ENTRIES) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  async #read(
    reader: StoreReader,
    names: readonly string[] | undefined,
    before: Promise<KnownSeries | undefined> | undefined,
    options: ReadOptions,
  ): Promise<KnownSeries | undefined> {
    const rows = sql`${metricSeries.ever('user')} AND ${names === undefined ? raw('1') : namedSeries(names)}`;
    const known = await before;
    const limit = this.#maxSeries + 1;
    const all = async (): Promise<KnownSeries | undefined> => {
      const count = (await reader.read(sql`SELECT uniqExact(series_id) AS series ${rows}`, options)).numbers(
        'series',
      )[0]!;
      return count < limit ? new KnownSeries(await readStoredRows(reader, rows, { limit }, options)) : undefined;
    };
    if (known === undefined || known.rows.size === 0) return all();
    const seen = await readSeen(reader, rows, limit, options);
    if (seen.rowCount >= limit) return undefined;
    const { found, unknown } = compared(known, seen);
    if (unknown.length === 0 && found.size === known.rows.size) return known;
    if (unknown.length > MAX_SENT_IDS) return all();
    if (unknown.length > 0) {
      const added = await readStoredRows(reader, byIds(rows, unknown), { limit }, options);
      for (const [id, row] of added) found.set(id, row);
    }
    return new KnownSeries(found);
  }
}

/** Notes when the known series were seen; which of those that are there are known, and which are not. */
function compared(
  { rows }: KnownSeries,
  seen: Table,
): { readonly found: Map<number | bigint, StoredRow>; readonly unknown: (number | bigint)[] } {
  const found = new Map<number | bigint, StoredRow>();
  const unknown: (number | bigint)[] = [];
  const [first, last, bounds] = [seen.vector('first_s'), seen.vector('last_s'), seen.vector('bounds_count')];
  const resourceMayComeS = Date.now() / 1000 - RESOURCE_WAIT_S;
  seen.column<number | bigint>('series_id').forEach((id, place) => {
    const row = rows.get(id);
    const isKnown =
      row !== undefined &&
      row.boundsIds.length === bounds[place] &&
      !(row.lacksResource && last[place]! > resourceMayComeS);
    if (!isKnown) {
      unknown.push(id);
      return;
    }
    row.firstS = first[place]!;
    row.lastS = last[place]!;
    found.set(id, row);
  });
  return { found, unknown };
}

function byIds(rows: Sql, ids: readonly (number | bigint)[]): Sql {
  return sql`${rows} AND series_id IN (SELECT toUInt64(arrayJoin(${texts(ids.map(String))})))`;
}

/** Of names without a series, too. */
const MAX_ENTRIES = 2_000;
const ENTRY_BYTES = 500;
/** Of a series: the row, its labels with and without the name, and the texts that they are compared by. */
const ROW_BYTES = 900;
const BYTES_PER_CHARACTER = 3;

function bytesOf(series: KnownSeries | undefined): number {
  let bytes = ENTRY_BYTES;
  for (const { textLength } of series?.rows.values() ?? []) bytes += ROW_BYTES + BYTES_PER_CHARACTER * textLength;
  return bytes;
}

const CATALOGS = new WeakMap<object, SeriesCatalog>();

/** That of a reader's store; none where it isn't to keep any. */
export function catalogOf(reader: StoreReader): SeriesCatalog | undefined {
  if (!reader.keepsSeries) return undefined;
  let catalog = CATALOGS.get(reader.store);
  if (catalog === undefined) {
    catalog = new SeriesCatalog();
    CATALOGS.set(reader.store, catalog);
  }
  return catalog;
}
