import type { z } from 'zod';
import { type JsonSchema, peel } from './facts.ts';

/** `${env:…}` stands for a value of any type. */
const EXPANSION: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/**
 * A schema as JSON Schema, draft 7: what editors check a file against while it is written. It takes all that is valid; rules across keys are
 * left to `signalbox validate`. Blocks with a name go into `definitions`.
 */
export function jsonSchemaOf(schema: z.ZodType, definitions: Record<string, JsonSchema>): JsonSchema {
  return jsonOf(schema, definitions, []);
}

function jsonOf(schema: z.ZodType, definitions: Record<string, JsonSchema>, above: readonly z.ZodType[]): JsonSchema {
  const { core, facts, shape, item, entry, defaultValue } = peel(schema);
  const { description, block, idle } = facts;
  const about = {
    ...(description !== undefined && {
      description: idle === undefined ? description : `${description}. No effect: ${idle.why}`,
    }),
    ...(isPlain(defaultValue) && facts.printDefault === undefined && { default: defaultValue }),
    ...(facts.printDefault !== undefined &&
      defaultValue !== undefined && { default: facts.printDefault(defaultValue as never) }),
  };
  if (above.includes(core)) return { type: ['object', 'null'], ...about };
  const below = [...above, core];
  if (shape === undefined) {
    const value = item === undefined ? (entry === undefined ? scalarOf(core, facts) : mapOf(entry)) : listOf(item);
    return { ...value, ...about };
  }
  if (block === undefined) return { ...blockOf(shape), ...about };
  definitions[block] ??= blockOf(shape);
  return { allOf: [{ $ref: `#/definitions/${block}` }], ...about };

  function blockOf(keys: Readonly<Record<string, z.ZodType>>): JsonSchema {
    const properties = Object.fromEntries(
      Object.entries(keys).map(([key, inner]) => [key, jsonOf(inner, definitions, below)]),
    );
    return orExpansion({ type: ['object', 'null'], properties, additionalProperties: false });
  }
  function listOf(inner: z.ZodType): JsonSchema {
    return orExpansion({ type: ['array', 'null'], items: jsonOf(inner, definitions, below) });
  }
  function mapOf(inner: z.ZodType): JsonSchema {
    return orExpansion({ type: ['object', 'null'], additionalProperties: jsonOf(inner, definitions, below) });
  }
}

function scalarOf(core: z.ZodType, { json }: z.core.GlobalMeta): JsonSchema {
  const { type } = core._zod.def;
  if (json !== undefined) return { anyOf: [json, EXPANSION, { type: 'null' }] };
  if (type === 'string') return { type: ['string', 'null'] };
  return type === 'boolean' ? orExpansion({ type: ['boolean', 'null'] }) : {};
}

function orExpansion(json: JsonSchema): JsonSchema {
  return { anyOf: [json, EXPANSION] };
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every(isPlain));
}
