import { type Context, type FunctionTable, STANDARD_FUNCTIONS } from '#ottl';

/** What statements of this processor may call. */
export function transformFunctions(_context: Context): FunctionTable {
  return STANDARD_FUNCTIONS;
}
