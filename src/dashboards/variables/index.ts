export {
  AD_HOC_OPERATORS,
  type AppliedFilters,
  filtersOf,
  printFilter,
  readFilters,
  selectorOf,
  takesSeveral,
  withAdHocFilters,
  withAdHocLogFilters,
} from './ad-hoc.ts';
export { type Formatting, interpolate } from './interpolate.ts';
export { intervalMacros } from './macros.ts';
export { optionsOf } from './options.ts';
export { orderOf } from './order.ts';
export { escapeForPromql } from './prom-escape.ts';
export { parseVariableQuery, type VariableQuery } from './query.ts';
export { referencesIn } from './references.ts';
export {
  type Chosen,
  type LabelAsk,
  type PromAsk,
  type Resolution,
  type ResolvedVariable,
  resolveVariables,
  type VariableContext,
} from './resolve.ts';
export { chosenValue, type Scope, ScopeOf, type ScopeValue, verbatim } from './scope.ts';
export { ALL_TEXT, ALL_VALUE } from './special.ts';
