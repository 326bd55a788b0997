import { type Context, type FunctionTable, functionTable, STANDARD_FUNCTIONS } from '#ottl';
import { LOG_FORMAT_FUNCTIONS } from './log-formats.ts';
import { MetricEdits } from './metric-edits.ts';
import { metricFunctions } from './metrics.ts';
import { SPAN_NAME_FUNCTIONS } from './span-name.ts';

/** What statements of this processor may call. */
export function transformFunctions(context: Context, edits: MetricEdits = new MetricEdits()): FunctionTable {
  const all = [...metricFunctions(edits), ...SPAN_NAME_FUNCTIONS, ...LOG_FORMAT_FUNCTIONS];
  const own = all.filter(({ contexts }) => contexts!.includes(context));
  return own.length === 0 ? STANDARD_FUNCTIONS : new Map([...STANDARD_FUNCTIONS, ...functionTable(own)]);
}
