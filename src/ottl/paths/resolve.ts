import { nearest } from '#base';
import { OttlError, type OttlPath } from '#lang/ottl';
import { type AttributeCursor, PATHS, type Path, type PathContext } from '#pdata';
import { type Context, PATH_PREFIXES } from '../contexts.ts';
import type { Expression } from '../expression.ts';
import type { Key } from '../keys.ts';
import type { Place } from '../place.ts';
import { fail } from '../values.ts';
import { attributesPath } from './attributes.ts';
import { EXEMPLAR_EXTRAS, POINT_EXTRAS } from './datapoint.ts';
import { bodyPath, LOG_EXTRAS } from './log.ts';
import { METRIC_EXTRAS, metadataPath } from './metric.ts';
import { SENDER_PATHS } from './sender.ts';
import { idTextPath, simplePath, timePath } from './simple.ts';
import { SPAN_EXTRAS, traceStatePath } from './span.ts';
import { cachePath } from './values.ts';

/** The fields of a path behind its prefix, with compiled keys. */
interface Field {
  readonly name: string;
  readonly keys: readonly Key[];
}

const EVENT_INDEX: Expression = {
  get: (at) => at.item,
  isSmallInt: true,
  set: () => fail('event_index can not be changed'),
};

interface Level {
  /** What has the fields. */
  readonly view: (at: Place) => unknown;
  readonly extras: Readonly<Record<string, Expression>>;
  /** What the attributes are called. */
  readonly attributes: string | undefined;
  /** Names of pdata's table that OTTL doesn't have. */
  readonly hidden: readonly string[];
  /** Paths that can be indexed, beside attributes. */
  readonly indexed: Readonly<Record<string, (keys: readonly Key[]) => Expression>>;
}

const LEVELS: Readonly<Record<Context, Level>> = {
  resource: { view: (at) => at.resource(), extras: {}, attributes: 'attributes', hidden: [], indexed: {} },
  scope: { view: (at) => at.scope(), extras: {}, attributes: 'attributes', hidden: [], indexed: {} },
  span: {
    view: (at) => at.span,
    extras: SPAN_EXTRAS,
    attributes: 'attributes',
    hidden: [],
    indexed: { trace_state: traceStatePath },
  },
  spanevent: {
    view: (at) => at.event(),
    extras: { event_index: EVENT_INDEX },
    attributes: 'attributes',
    hidden: [],
    indexed: {},
  },
  log: { view: (at) => at.log, extras: LOG_EXTRAS, attributes: 'attributes', hidden: [], indexed: { body: bodyPath } },
  metric: {
    view: (at) => at.metric(),
    extras: METRIC_EXTRAS,
    attributes: undefined,
    hidden: [],
    indexed: { metadata: metadataPath },
  },
  datapoint: {
    view: (at) => at.point,
    extras: POINT_EXTRAS,
    attributes: 'attributes',
    hidden: ['buckets', 'exponential', 'max', 'min', 'value'],
    indexed: {},
  },
  exemplar: {
    view: (at) => at.exemplar(),
    extras: EXEMPLAR_EXTRAS,
    attributes: 'filtered_attributes',
    hidden: ['attributes', 'value'],
    indexed: {},
  },
};

/** Levels whose attributes are reached through a cursor of the chunk, without a view. */
const CURSORS: Readonly<Partial<Record<Context, (at: Place) => AttributeCursor>>> = {
  span: (at) => at.chunk.rowAttributes.of(at.row),
  log: (at) => at.chunk.rowAttributes.of(at.row),
  datapoint: (at) => at.chunk.rowAttributes.of(at.row),
};

const TIMES: readonly string[] = ['time', 'start_time', 'end_time', 'observed_time'];

/** All paths of a level, without its name in front. */
export function pathNames(level: Context): string[] {
  const { extras, attributes, hidden, indexed } = LEVELS[level];
  const table = Object.entries(PATHS[level as PathContext]).filter(([name]) => !hidden.includes(name));
  const names = new Set<string>([...Object.keys(extras), ...Object.keys(indexed)]);
  if (attributes !== undefined) names.add(attributes);
  for (const [name, path] of table) {
    if (path.type === 'attributes') continue;
    names.add(name);
    if (path.type === 'trace_id' || path.type === 'span_id') names.add(`${name}.string`);
    if (path.type === 'time') names.add(name.replace(/_unix_nano$/, ''));
  }
  return Array.from(names).sort();
}

/** The paths that don't belong to an item. */
export function senderPathNames(): string[] {
  return Object.keys(SENDER_PATHS);
}

/**
 * What a path reads and sets in a context. `keysOf` compiles the keys of a field. `needsPrefix`: a path must begin with the name of what
 * it belongs to, because the context is found by that.
 */
export function resolvePath(
  path: OttlPath,
  context: Context,
  needsPrefix: boolean,
  keysOf: (index: number) => readonly Key[],
): Expression {
  const prefix = prefixOf(path, context, needsPrefix);
  const from = prefix === undefined ? 0 : 1;
  const fields = path.fields.slice(from).map((field, i): Field => ({ name: field.name, keys: keysOf(from + i) }));
  const level = prefix === 'instrumentation_scope' ? 'scope' : (prefix ?? context);
  const indexedEarly = fields.slice(0, -1).findIndex((field) => field.keys.length > 0);
  if (indexedEarly >= 0) throw noIndex(path, from + indexedEarly);
  const name = fields.map((field) => field.name).join('.');
  const { keys } = fields.at(-1)!;
  if (level === 'otelcol') return senderExpression(path, name, keys);
  if (name === 'cache') {
    if (level !== context)
      throw new OttlError(`the cache belongs to the ${context} context`, path, `write ${context}.cache`);
    return cachePath(keys);
  }
  return levelExpression(path, level as Context, name, keys);
}

function prefixOf(path: OttlPath, context: Context, needsPrefix: boolean): string | undefined {
  const first = path.fields[0]!;
  const prefixes = PATH_PREFIXES[context];
  const isPrefix = first.keys.length === 0 && path.fields.length > 1 && prefixes.includes(first.name);
  if (isPrefix) return first.name;
  if (!needsPrefix) {
    if (
      path.fields.length === 1 &&
      first.name !== context &&
      prefixes.includes(first.name) &&
      !hasPath(context, first.name)
    ) {
      throw new OttlError(
        `${first.name} alone is no path`,
        path,
        `write one of its fields, such as ${first.name}.attributes`,
      );
    }
    return undefined;
  }
  const text = path.fields.map((field) => field.name).join('.');
  const options = prefixes.filter(
    (prefix) => prefix === 'otelcol' || prefix === 'instrumentation_scope' || hasPath(prefix as Context, text),
  );
  const best = options[0] ?? prefixes[0]!;
  throw new OttlError(`the path "${text}" does not say what it belongs to`, path, `write ${best}.${text}, for example`);
}

function hasPath(level: Context, name: string): boolean {
  return name === 'cache' || pathNames(level).includes(name);
}

function senderExpression(path: OttlPath, name: string, keys: readonly Key[]): Expression {
  const known = Object.hasOwn(SENDER_PATHS, name) ? SENDER_PATHS[name] : undefined;
  if (known !== undefined) return known(keys);
  const near = nearest(name, senderPathNames());
  throw new OttlError(`there is no path otelcol.${name}`, path, near && `did you mean otelcol.${near}?`);
}

function levelExpression(path: OttlPath, level: Context, name: string, keys: readonly Key[]): Expression {
  const { view, extras, attributes, hidden, indexed } = LEVELS[level];
  if (name === attributes) {
    const cursorAt =
      CURSORS[level] ?? ((at: Place) => (view(at) as { readonly attributes: AttributeCursor }).attributes);
    return attributesPath(cursorAt, keys);
  }
  const isIndexable = Object.hasOwn(indexed, name);
  if (isIndexable && (keys.length > 0 || name === 'metadata')) return indexed[name]!(keys);
  if (name === 'trace_state' && keys.length > 1) throw noIndex(path, path.fields.length - 1);
  const found = Object.hasOwn(extras, name) ? extras[name] : tableExpression(level, name, hidden, view);
  if (found === undefined) throw noPath(path, level, name);
  if (keys.length > 0) throw noIndex(path, path.fields.length - 1);
  return found;
}

function tableExpression(
  level: Context,
  name: string,
  hidden: readonly string[],
  view: (at: Place) => unknown,
): Expression | undefined {
  const table = PATHS[level as PathContext] as { readonly [name: string]: Path<unknown> };
  const pathNamed = (each: string): Path<unknown> | undefined =>
    Object.hasOwn(table, each) && !hidden.includes(each) ? table[each] : undefined;
  const path = pathNamed(name);
  if (path !== undefined) return simplePath(path, view);
  if (TIMES.includes(name)) {
    const nanoseconds = pathNamed(`${name}_unix_nano`);
    return nanoseconds && timePath(nanoseconds, view);
  }
  if (!name.endsWith('.string')) return undefined;
  const id = pathNamed(name.slice(0, -'.string'.length));
  return id !== undefined && (id.type === 'trace_id' || id.type === 'span_id') ? idTextPath(id, view) : undefined;
}

function noIndex(path: OttlPath, field: number): OttlError {
  const { name, keys } = path.fields[field]!;
  return new OttlError(`${name} can not be indexed`, keys[0]!);
}

function noPath(path: OttlPath, level: Context, name: string): OttlError {
  const names = [...pathNames(level), 'cache'];
  const near = nearest(name, names) ?? names.find((each) => each.startsWith(name) || name.startsWith(each));
  const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  return new OttlError(`there is no path "${name}" in the ${level} context`, path, hint);
}
