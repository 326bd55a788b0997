import { z } from 'zod';

interface Def {
  readonly type: string;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly innerType?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
}
export type Schema = z.ZodType & { readonly _zod: { readonly def: Def } };
/** Of keys, as they are written. */
export type Path = readonly string[];

/** The paths of all values in the blocks of a schema, and whether it says that they have no effect. Lists and maps count as one value. */
export function* leaves(schema: Schema, path: Path = [], isIdle = false): Generator<{ path: Path; isIdle: boolean }> {
  const { def } = schema._zod;
  const idle = isIdle || z.globalRegistry.get(schema)?.idle !== undefined;
  if (def.type === 'pipe') yield* leaves(def.in!._zod.def.type === 'transform' ? def.out! : def.in!, path, idle);
  else if (def.innerType !== undefined) yield* leaves(def.innerType, path, idle);
  else if (def.shape !== undefined) {
    for (const [key, inner] of Object.entries(def.shape)) yield* leaves(inner, [...path, key], idle);
  } else yield { path, isIdle: idle };
}
