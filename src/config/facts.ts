import { z } from 'zod';

/** As far as it is used here: draft 7, which editors for YAML read best. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * What people and editors are told of a key beyond its schema. `.describe('…')` says what it means, `.meta({ description, unit, … })` more.
 * Tables in documents, the JSON schema and warnings are made from it (key-rows.ts, json-schema.ts, idle-keys.ts).
 */
interface KeyFacts {
  /** What a number counts: `MiB`, `items`. */
  readonly unit?: string;
  /** Stands in tables in place of a default that is chosen when the component runs. */
  readonly defaultText?: string;
  /** The name of a block that many components have: its keys are described once. */
  readonly block?: string;
  /** What the words that the key takes do, word by word. */
  readonly words?: Readonly<Record<string, string>>;
  /** The key loads and has no effect. */
  readonly idle?: IdleFacts;
  /** Of values: how tables name the type. */
  readonly typeName?: string;
  /** Of values: what can be written. */
  readonly json?: JsonSchema;
  /** Of values: how a default is written. */
  readonly printDefault?: (value: never) => string;
  /** The schema by which something of ours reads the value later. Not typed as one: the library's types would turn in a circle. */
  readonly readsAs?: () => object;
}

export interface IdleFacts {
  /** Why. A user who asks for something with the key is told. */
  readonly why: string;
  /** Values that ask for nothing, as they are parsed: defaults, and what is so anyway. */
  readonly quiet: readonly unknown[];
}

/** Why the sizes of buffers have no effect. */
export const BUFFERS = 'Node chooses the sizes of its buffers itself';

declare module 'zod' {
  interface GlobalMeta extends KeyFacts {}
}

interface Def {
  readonly type: string;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly getter?: () => z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
}

/** A schema without what is wrapped around it. */
export interface Peeled {
  readonly core: z.ZodType;
  readonly facts: z.core.GlobalMeta;
  readonly isOptional: boolean;
  /** undefined for none. */
  readonly defaultValue: unknown;
  /** Of maps with known keys. */
  readonly shape: Readonly<Record<string, z.ZodType>> | undefined;
  /** Of lists. */
  readonly item: z.ZodType | undefined;
  /** Of maps with any keys. */
  readonly entry: z.ZodType | undefined;
}

/** Looks through defaults, transforms and the like to the schema of what is written. Facts further out win. */
export function peel(schema: z.ZodType): Peeled {
  let core = schema;
  let facts: z.core.GlobalMeta = {};
  let isOptional = false;
  let defaultValue: unknown;
  for (;;) {
    const { readsAs, ...others } = { ...z.globalRegistry.get(core), ...facts };
    facts = others;
    const def = core._zod.def as unknown as Def;
    isOptional ||= def.type === 'optional';
    defaultValue ??= def.defaultValue;
    const inner =
      (readsAs?.() as z.ZodType | undefined) ??
      def.innerType ??
      (facts.typeName === undefined ? innerOf(def) : undefined);
    if (inner === undefined) {
      const { shape, element: item, valueType: entry } = facts.typeName === undefined ? def : ({} as Partial<Def>);
      return { core, facts, isOptional, defaultValue, shape, item, entry };
    }
    core = inner;
  }
}

function innerOf(def: Def): z.ZodType | undefined {
  if (def.type === 'lazy') return def.getter!();
  if (def.type !== 'pipe') return undefined;
  // What a preprocessing step makes of the value is read by what stands behind it.
  return (def.in!._zod.def as unknown as Def).type === 'transform' ? def.out : def.in;
}
