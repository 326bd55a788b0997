import { reduceField, reducerNamed } from '../frames/reducers.ts';

/**
 * One figure of a series of numbers, by the name of Grafana's calculation; the last value for one that isn't known. What is true or false
 * (`allIsZero`) is 1 or 0.
 */
export function reduceValues(values: readonly (number | null)[], calculation: string): number | null {
  const figure = reduceField({ type: 'number', values }, reducerNamed(calculation) ?? 'lastNotNull');
  if (typeof figure === 'boolean') return figure ? 1 : 0;
  return typeof figure === 'number' ? figure : null;
}
