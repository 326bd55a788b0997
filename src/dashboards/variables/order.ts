import { isObject, type JsonValue } from '../json.ts';
import type { Variable } from '../model.ts';
import { referencesIn } from './references.ts';

/**
 * Variables in steps: those of one step need only those of the steps before, and each step keeps the file's order. Variables that
 * need each other in a circle come last, each in a step of its own.
 */
export function orderOf(variables: readonly Variable[]): readonly (readonly Variable[])[] {
  const steps: Variable[][] = [];
  const names = new Set(variables.map(({ name }) => name));
  let rest = variables.map((variable) => ({ variable, needs: needsOf(variable).filter((name) => names.has(name)) }));
  const known = new Set<string>();
  while (rest.length > 0) {
    const ready = rest.filter(({ variable, needs }) =>
      needs.every((name) => known.has(name) || name === variable.name),
    );
    const step = ready.length > 0 ? ready : rest.slice(0, 1);
    steps.push(step.map(({ variable }) => variable));
    for (const { variable } of step) known.add(variable.name);
    rest = rest.filter((entry) => !step.includes(entry));
  }
  return steps;
}

/** The names that occur in whatever a variable is made of. What it has chosen is no part of that. */
function needsOf({ chosen: _, ...made }: Variable): string[] {
  return textsIn(made as unknown as JsonValue).flatMap((text) => referencesIn(text).map(({ name }) => name));
}

function textsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
