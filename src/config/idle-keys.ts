import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type IdleFacts, peel } from './facts.ts';
import { type ConfigNode, type NodePath, toPlain } from './node.ts';

export interface IdleKey {
  /** Where it stands in the block. */
  readonly path: NodePath;
  readonly why: string;
}

/** The keys of a block that ask for something and have no effect: what a schema says of them is declared beside the key. */
export function idleKeysIn(schema: z.ZodType, block: ConfigNode | undefined): IdleKey[] {
  return block === undefined ? [] : [...keysBelow(schema, block, [])];
}

function* keysBelow(schema: z.ZodType, node: ConfigNode, path: NodePath): Generator<IdleKey> {
  const { shape, item, entry, facts } = peel(schema);
  if (facts.idle !== undefined && asksForSomething(schema, node, facts.idle)) yield { path, why: facts.idle.why };
  else if (node.kind === 'list' && item !== undefined) {
    for (const [index, inner] of node.items.entries()) yield* keysBelow(item, inner, [...path, index]);
  } else if (node.kind === 'map') {
    for (const [key, { node: inner }] of node.entries) {
      const known = entry ?? (shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined);
      if (known !== undefined) yield* keysBelow(known, inner, [...path, key]);
    }
  }
}

function asksForSomething(schema: z.ZodType, node: ConfigNode, { quiet }: IdleFacts): boolean {
  if (node.kind === 'scalar' && node.value === null) return false;
  const result = schema.safeParse(toPlain(node));
  return result.success && !quiet.some((value) => isDeepStrictEqual(value, result.data));
}
