/** A key and a value as Jaeger asks for them: by their text, wherever OTLP lets them stand. */
import { classifyValue, type FilterValue } from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  OWNER_ATTRIBUTES,
  ownerMeets,
  resources,
  SPAN_ATTRIBUTES,
  scopes,
  spanEvents,
  spanLinks,
  type TimeRange,
} from '../source/index.ts';
import { anyOf, joinSql, type Sql, sql } from '../sql/index.ts';
import { type AttributeHashes, attributeHashes } from './attribute-hashes.ts';
import { compareKey } from './attribute-sql.ts';
import { eventLogs } from './event-logs.ts';

/** Rows beside the spans that may have a tag. */
interface Elsewhere {
  /** `FROM … WHERE …` of those that have it. */
  readonly rows: Sql;
  /** Whether a span is of one of them. */
  readonly ofSpan: Sql;
}

export class Tag {
  readonly #key: string;
  readonly #value: FilterValue;
  readonly #range: TimeRange;
  /** What filters of attributes know the span's own value by; undefined where they do not say. */
  readonly hashes: AttributeHashes | undefined;

  /** On spans of `range`. */
  constructor(key: string, written: string, range: TimeRange) {
    this.#key = key;
    this.#value = classifyValue(written, { start: 0, end: 0 });
    this.#range = range;
    this.hashes = attributeHashes(SPAN_ATTRIBUTES, key, this.#value);
  }

  /** The span's own attributes have it. `absent`: kinds of values that no span has under the key. */
  ofSpan(absent?: ReadonlySet<FilterKind>): Sql {
    return compareKey(SPAN_ATTRIBUTES, this.#key, '=', this.#value, absent);
  }

  /** The span's attributes have it, its resource's, its scope's, or those of one of its events or links. */
  anywhere(): Sql {
    return anyOf([this.ofSpan(), ...this.#elsewhere().map(({ ofSpan }) => ofSpan)]);
  }

  /** Whether a resource or scope has it, or an event or link in the range: only then need a span be asked for more than its own. */
  async isElsewhere(reader: StoreReader, options?: ReadOptions): Promise<boolean> {
    const found = this.#elsewhere().map(({ rows }) => sql`(SELECT 1 ${rows} LIMIT 1)`);
    const table = await reader.read(sql`SELECT count() AS n FROM (${joinSql(found, ' UNION ALL ')})`, options);
    return table.numbers('n')[0]! > 0;
  }

  #elsewhere(): readonly Elsewhere[] {
    const equals = (column: AttributeColumn): Sql => compareKey(column, this.#key, '=', this.#value);
    const ofPart = (parts: Sql, column: AttributeColumn): Elsewhere => {
      const rows = sql`${parts} AND ${equals(column)}`;
      return { rows, ofSpan: sql`(trace_id, span_id) IN (SELECT trace_id, span_id ${rows})` };
    };
    const ofOwner = equals(OWNER_ATTRIBUTES);
    return [
      ...[resources, scopes].map((owners) => ({
        rows: sql`${owners.rows} AND ${ofOwner}`,
        ofSpan: ownerMeets(owners, ofOwner),
      })),
      ofPart(spanEvents.in(this.#range), EVENT_ATTRIBUTES),
      ofPart(eventLogs(this.#range), ITEM_ATTRIBUTES.logs),
      ofPart(spanLinks.in(this.#range), LINK_ATTRIBUTES),
    ];
  }
}
