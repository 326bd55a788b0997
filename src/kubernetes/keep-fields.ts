import type { KubernetesObject } from './objects.ts';

/** Which fields of an object are kept: all of one (`true`), or some of those below it. Of a list it holds for each entry. */
export type FieldShape = { readonly [field: string]: true | FieldShape };

/** A copy with these fields alone. What the API sends has many more: who has changed what, for instance. */
export function keepFields<T extends KubernetesObject>(object: T, shape: FieldShape): T {
  return kept(object, shape) as T;
}

function kept(value: unknown, shape: FieldShape): unknown {
  if (Array.isArray(value)) return value.map((entry) => kept(entry, shape));
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [field, below] of Object.entries(shape)) {
    const found = (value as Record<string, unknown>)[field];
    if (found !== undefined) result[field] = below === true ? found : kept(found, below);
  }
  return result;
}

/** What names an object, and what people have noted on it. */
export const METADATA_SHAPE: FieldShape = {
  name: true,
  namespace: true,
  uid: true,
  labels: true,
  annotations: true,
  ownerReferences: { kind: true, name: true, controller: true },
};
