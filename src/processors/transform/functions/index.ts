import { type Context, type FunctionTable, functionTable, STANDARD_FUNCTIONS } from '#ottl';
import { MetricEdits } from './metric-edits.ts';
import { metricFunctions } from './metrics.ts';

/** What statements of this processor may call. */
export function transformFunctions(context: Context, edits: MetricEdits = new MetricEdits()): FunctionTable {
  const own = metricFunctions(edits).filter(({ contexts }) => contexts!.includes(context));
  return own.length === 0 ? STANDARD_FUNCTIONS : new Map([...STANDARD_FUNCTIONS, ...functionTable(own)]);
}
