/** What a span did, as a short text behind its name: the first of some attributes that is there. */
import { namesOf } from '#lang';
import { stringOf } from '../filter/index.ts';
import type { ReadOptions, StoreReader, Table, TextColumn } from '../reader/index.ts';
import { ofPlace, SPAN_ATTRIBUTES, spans, type TracePlace } from '../source/index.ts';
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';

const HINT_KEYS = [
  'db.query.text',
  'db.query.summary',
  'http.route',
  'url.full',
  'url.path',
  'messaging.destination.name',
  'rpc.method',
] as const;
const HINT_CHARS = 160;
/** Spans of this kind have none of them. */
const INTERNAL = 1;

/** The hint of a row, as a LowCardinality(String). */
export const HINT: Sql = sql`toLowCardinality(substringUTF8(coalesce(${joinSql(
  HINT_KEYS.map((key) => stringOf(SPAN_ATTRIBUTES, key)),
  ', ',
)}, ''), 1, ${raw(String(HINT_CHARS))}))`;

/** Under these names attributes have a type of their own; each other name costs a statement as much as all of these. */
const TYPED_KEYS = HINT_KEYS.filter((key) => SPAN_ATTRIBUTES.typed.has(key));
const hasOtherNames = HINT_KEYS.some((key) => namesOf(key).some((name) => !SPAN_ATTRIBUTES.typed.has(name)));

/** Columns of which `readPlainHints` makes hints. */
export const TYPED_HINTS: Sql = joinSql(
  TYPED_KEYS.map((key, index) => sql`${stringOfTyped(key)} AS hint_${raw(String(index))}`),
  ', ',
);

function stringOfTyped(key: string): Sql {
  return raw(`${SPAN_ATTRIBUTES.name}.${key}`);
}

/** The hints of spans that were read with `TYPED_HINTS`. Only where a span has none, others names are asked for. */
export async function readPlainHints(
  reader: StoreReader,
  place: TracePlace,
  table: Table,
  options: ReadOptions,
): Promise<TextColumn> {
  const columns = TYPED_KEYS.map((_, index) => table.column<string | null>(`hint_${index}`));
  const kinds = table.vector('kind');
  const found = Array.from(
    { length: table.rowCount },
    (_, row) => columns.find((column) => column[row] !== null)?.[row],
  );
  const isMissing = hasOtherNames && found.some((hint, row) => hint == null && kinds[row] !== INTERNAL);
  const others = isMissing ? await readHints(reader, place, options) : undefined;
  const keys = others === undefined ? [] : keysOf(table);
  return textColumn(found.map((hint, row) => shortened(hint ?? others?.get(keys[row]!) ?? '')));
}

async function readHints(
  reader: StoreReader,
  place: TracePlace,
  options: ReadOptions,
): Promise<ReadonlyMap<string, string>> {
  const table = await reader.read(
    sql`SELECT span_id, toUnixTimestamp64Nano(time) AS time_ns, toString(${HINT}) AS hint ${ofPlace(spans, place)}`,
    options,
  );
  const hints = table.strings('hint');
  return new Map(keysOf(table).map((key, row) => [key, hints[row]!]));
}

/** Spans may share an id. */
function keysOf(table: Table): readonly string[] {
  const times = table.integers('time_ns');
  return table.strings('span_id').map((id, row) => `${id} ${times[row]}`);
}

/** As substringUTF8 of the store: by code points. */
function shortened(text: string): string {
  return text.length <= HINT_CHARS
    ? text
    : Array.from(text.slice(0, 2 * HINT_CHARS))
        .slice(0, HINT_CHARS)
        .join('');
}

function textColumn(texts: readonly string[]): TextColumn {
  const known = new Map<string, number>();
  const indices = Uint32Array.from(texts, (text) => {
    const index = known.get(text) ?? known.size;
    known.set(text, index);
    return index;
  });
  return { values: [...known.keys()], indices };
}
