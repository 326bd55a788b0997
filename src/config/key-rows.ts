import type { z } from 'zod';
import { type Peeled, peel } from './facts.ts';

/** A key of a block as a table names it. */
export interface KeyRow {
  /** `spool.max_size`, `policies[].name`, `attributes.*`. */
  readonly path: string;
  /** `duration`, `list of texts`, `whole number, MiB`. */
  readonly type: string;
  /** What holds where the key is left out; '' for nothing. */
  readonly absent: string;
  readonly meaning: string;
  /** What each word does that the key takes. */
  readonly words: Readonly<Record<string, string>>;
  /** The block's name, where its keys are described in a place of their own. */
  readonly block: string | undefined;
  /** Why the key has no effect, if so. */
  readonly idle: string | undefined;
}

/** The keys of a schema, blocks within it included; what has a name as a block is one row. */
export function keyRows(schema: z.ZodType): KeyRow[] {
  const peeled = peel(schema);
  return rowsOf(peeled, '', [peeled.core]);
}

/** The schemas of the named blocks that a schema has somewhere, by name. */
export function namedBlocks(schema: z.ZodType, found: Map<string, z.ZodType> = new Map()): Map<string, z.ZodType> {
  const visit = (inner: z.ZodType, above: readonly z.ZodType[]): void => {
    const { core, facts, shape, item, entry } = peel(inner);
    if (above.includes(core)) return;
    if (facts.block !== undefined) found.set(facts.block, inner);
    for (const next of [...Object.values(shape ?? {}), item, entry])
      if (next !== undefined) visit(next, [...above, core]);
  };
  visit(schema, []);
  return found;
}

function rowsOf({ shape, item, entry }: Peeled, prefix: string, above: readonly z.ZodType[]): KeyRow[] {
  if (item !== undefined) return rowsBelow(item, `${prefix}[]`, above);
  if (entry !== undefined) return rowsBelow(entry, `${prefix}.*`, above);
  return Object.entries(shape ?? {}).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const below = peel(inner);
    const row = rowOf(inner, below, path);
    if (below.facts.block !== undefined || above.includes(below.core)) return [row];
    return [row, ...rowsOf(below, path, [...above, below.core])];
  });
}

function rowsBelow(schema: z.ZodType, prefix: string, above: readonly z.ZodType[]): KeyRow[] {
  const below = peel(schema);
  return above.includes(below.core) ? [] : rowsOf(below, prefix, [...above, below.core]);
}

function rowOf(schema: z.ZodType, { facts, defaultValue, isOptional, shape }: Peeled, path: string): KeyRow {
  const { description = '', words = {}, idle, block, unit, defaultText } = facts;
  const isOff = isOptional && shape !== undefined;
  const absent =
    defaultText ?? (defaultValue === undefined ? (isOff ? 'off' : isRequired(schema) ? 'required' : '') : undefined);
  return {
    path,
    type: unit === undefined ? typeOf(schema) : `${typeOf(schema)}, ${unit}`,
    absent: absent ?? printedDefault(defaultValue, facts),
    meaning: description,
    words,
    block,
    idle: idle?.why,
  };
}

/** A block of which a key is required complains about that key. */
function isRequired(schema: z.ZodType): boolean {
  const result = schema.safeParse(undefined);
  return !result.success && result.error.issues.some((issue) => issue.path.length === 0);
}

function typeOf(schema: z.ZodType, isPlural = false): string {
  const { facts, shape, item, entry, core } = peel(schema);
  if (shape !== undefined) return isPlural ? 'blocks' : 'block';
  if (item !== undefined) return `${isPlural ? 'lists' : 'list'} of ${typeOf(item, true)}`;
  if (entry !== undefined) return `${isPlural ? 'maps' : 'map'} of ${typeOf(entry, true)}`;
  const names: Readonly<Record<string, readonly [string, string]>> = {
    string: ['text', 'texts'],
    boolean: ['`true`, `false`', 'booleans'],
  };
  const name = facts.typeName ?? names[core._zod.def.type]?.[isPlural ? 1 : 0] ?? (isPlural ? 'values' : 'any value');
  return isPlural && /^[a-z ]+[a-z]$/.test(name) && !name.endsWith('s') ? `${name}s` : name;
}

function printedDefault(value: unknown, facts: z.core.GlobalMeta): string {
  const print = facts.printDefault as ((value: unknown) => string) | undefined;
  if (print !== undefined) return `\`${print(value)}\``;
  if (value instanceof Map) return value.size === 0 ? '' : `\`${JSON.stringify(Object.fromEntries(value))}\``;
  if (Array.isArray(value)) return value.length === 0 ? '' : `\`[${value.map(printedItem).join(', ')}]\``;
  return value === undefined || value === '' ? '' : `\`${printedItem(value)}\``;
}

function printedItem(value: unknown): string {
  if (value === '') return '""';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
