import { attributeKey } from '#pdata';
import type { FunctionTable } from './compile.ts';
import type { Context } from './contexts.ts';
import { converterFunction, type OttlFunction } from './function.ts';
import { CONVERTERS, functionTable } from './functions/index.ts';
import { MetricPoints } from './metric-points.ts';
import { constantText } from './parameters.ts';

const METRIC = { contexts: ['metric'] } as const;

/** What conditions that choose items may call: of a metric also what asks its points (otelcol-contrib internal/filter/filterottl). */
export function conditionFunctions(context: Context): FunctionTable {
  return context === 'metric' ? new Map([...CONVERTERS, ...functionTable(ofPoints())]) : CONVERTERS;
}

function ofPoints(): readonly OttlFunction[] {
  const points = new MetricPoints();
  return [
    converterFunction(
      'HasAttrKeyOnDatapoint',
      'Whether a point of the metric has an attribute.',
      [constantText('key')],
      (key) => {
        const attribute = attributeKey(key);
        return (at) => {
          for (const { attributes } of points.of(at)) if (attributes.has(attribute)) return true;
          return false;
        };
      },
      METRIC,
    ),
    converterFunction(
      'HasAttrOnDatapoint',
      'Whether the first point of the metric that has an attribute has this text in it.',
      [constantText('key'), constantText('expected_value')],
      (key, expected) => {
        const attribute = attributeKey(key);
        return (at) => {
          for (const { attributes } of points.of(at)) {
            const value = attributes.get(attribute);
            if (value !== undefined) return (typeof value === 'string' ? value : '') === expected;
          }
          return false;
        };
      },
      METRIC,
    ),
  ];
}
