import { CONVERTERS, type FunctionTable } from '#ottl';

/** What conditions of this processor may call. */
export function filterFunctions(): FunctionTable {
  return CONVERTERS;
}
