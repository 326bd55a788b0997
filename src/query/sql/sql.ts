/**
 * SQL as a template: text comes from the source code only, and every value is bound as a parameter that the server
 * replaces after parsing, so no value of a user can become part of a statement.
 *
 *   sql`SELECT count() ${spans.in(range)} AND service_name = ${text(name)} AND ${condition}`
 */

/** A value with the ClickHouse type that the server reads it as. */
export class Bound {
  readonly type: string;
  readonly value: unknown;
  /** A parameter of its own even where another has the same value, so that the statement's text does not depend on values. */
  readonly isAlone: boolean;
  constructor(type: string, value: unknown, { isAlone = false }: { readonly isAlone?: boolean } = {}) {
    this.type = type;
    this.value = value;
    this.isAlone = isAlone;
  }
}

/** A value that is known when the statement is sent: whose rows it may read. */
class Tenant {
  readonly type = 'String';
  readonly isAlone = false;
}

/** A table, which is known when the statement is sent: its name on one machine, on a cluster all shards of it. */
class StoredTable {
  readonly name: string;
  readonly reach: Reach;
  constructor(name: string, reach: Reach) {
    this.name = name;
    this.reach = reach;
  }
}

/** Each shard once, or every machine, replicas of one shard too. */
type Reach = 'shards' | 'machines';

/** For whom a statement is sent, and where. */
export interface SentTo {
  readonly tenant?: string;
  /** A cluster's name in ClickHouse, which is plain; absent on one machine. */
  readonly cluster?: string | undefined;
}

type Part = string | Bound | Tenant | StoredTable;

/** A piece of a statement. Pieces nest; parameters get their names when the whole is rendered. */
export class Sql {
  readonly parts: readonly Part[];
  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }

  /** The statement with `{p0:Type}` in place of each value, and the values by name. Equal values share a parameter: equal expressions stay equal. */
  render({ tenant = '', cluster }: SentTo = {}): {
    readonly text: string;
    readonly params: { readonly [name: string]: unknown };
  } {
    const params: { [name: string]: unknown } = {};
    const names = new Map<string, string>();
    let text = '';
    for (const part of this.parts) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      if (part instanceof StoredTable) {
        text += cluster === undefined ? part.name : onCluster(part, cluster);
        continue;
      }
      const value = part instanceof Tenant ? tenant : part.value;
      const identity = part.isAlone ? `${names.size}` : `${part.type}\n${JSON.stringify(value)}`;
      let name = names.get(identity);
      if (name === undefined) {
        name = `p${names.size}`;
        names.set(identity, name);
        params[name] = value;
      }
      text += `{${name}:${part.type}}`;
    }
    return { text, params };
  }
}

export function sql(strings: TemplateStringsArray, ...values: readonly (Sql | Bound)[]): Sql {
  const parts: Part[] = [];
  for (let i = 0; i < strings.length; i++) {
    parts.push(strings[i]!);
    const value = values[i];
    if (value instanceof Sql) parts.push(...value.parts);
    else if (value !== undefined) parts.push(value);
  }
  return new Sql(parts);
}

/** Text of this program, such as a column's name. Never for anything that came from outside. */
export function raw(code: string): Sql {
  return new Sql([code]);
}

/** The tenant for whom the statement is sent. */
export const TENANT: Sql = new Sql([new Tenant()]);

/** A table of the store, or one of ClickHouse's own (`system.parts`). */
export function storedTable(name: string, reach: Reach = 'shards'): Sql {
  return new Sql([new StoredTable(name, reach)]);
}

function onCluster({ name, reach }: StoredTable, cluster: string): string {
  const from = reach === 'shards' ? 'cluster' : 'clusterAllReplicas';
  return `${from}('${cluster}', ${name.includes('.') ? name : `currentDatabase(), ${name}`})`;
}

export function joinSql(items: readonly Sql[], separator: string): Sql {
  return new Sql(items.flatMap((item, index) => (index === 0 ? item.parts : [separator, ...item.parts])));
}

/** All conditions must hold; true where there are none. In parentheses, so that it can stand beside anything. */
export function allOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? raw('1') : grouped(conditions, ' AND ');
}

/** One of the conditions must hold; false where there are none. */
export function anyOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? raw('0') : grouped(conditions, ' OR ');
}

function grouped(conditions: readonly Sql[], operator: string): Sql {
  const [only] = conditions;
  return conditions.length === 1
    ? sql`(${only!})`
    : sql`(${joinSql(
        conditions.map((c) => sql`(${c})`),
        operator,
      )})`;
}

export function text(value: string): Bound {
  return new Bound('String', value);
}

export function texts(values: readonly string[]): Bound {
  return new Bound('Array(String)', values);
}

/** An integer that fits a number. */
export function integer(value: number): Bound {
  return new Bound('Int64', String(Math.trunc(value)));
}

export function float(value: number): Bound {
  return new Bound('Float64', String(value));
}

/** A time in ms since the epoch (with a fraction) as a DateTime64(9). */
export function timeMs(value: number): Sql {
  return timeNs(msToNs(value));
}

export function timeNs(ns: bigint): Sql {
  return sql`fromUnixTimestamp64Nano(${new Bound('Int64', String(ns))}, 'UTC')`;
}

/** Milliseconds with a fraction to whole nanoseconds. Whole ms stay exact. */
export function msToNs(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

/** An id given in hex, as the bytes that the column holds. Shorter hex is filled with zeros in front. */
export function id(hex: string, byteLength: number): Sql {
  const full = hex.toLowerCase().padStart(byteLength * 2, '0');
  return sql`toFixedString(unhex(${text(full)}), ${raw(String(byteLength))})`;
}

/** The id that stands for none. */
export function noId(byteLength: number): Sql {
  return raw(`toFixedString('', ${byteLength})`);
}

/**
 * Whether a column of ids is one of those given in hex. They travel as one text: half the size of an array in a URL. The
 * subquery becomes a set before the index is asked, so an index on the column is used.
 */
export function isOneOf(column: string, hexes: readonly string[], byteLength: number): Sql {
  // A subquery, and what it gives as a set, would take as long as reading one trace's rows.
  if (hexes.length === 1) return sql`${raw(column)} = ${id(hexes[0]!, byteLength)}`;
  const list = hexes.map((hex) => hex.toLowerCase().padStart(byteLength * 2, '0')).join('');
  const length = raw(String(byteLength));
  return sql`${raw(column)} IN (SELECT toFixedString(substring(unhex(${text(list)}), number * ${length} + 1, ${length}), ${length})
    FROM numbers(${new Bound('UInt64', String(hexes.length))}))`;
}
