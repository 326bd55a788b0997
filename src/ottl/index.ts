export type { FunctionTable } from './compile.ts';
export { conditionFunctions } from './condition-functions.ts';
export * from './contexts.ts';
export { enumNames } from './enums.ts';
export { failureLog } from './failures.ts';
export { converterFunction, editorFunction, type OttlFunction, signatureOf } from './function.ts';
export { CONVERTERS, functionTable, STANDARD_FUNCTIONS } from './functions/index.ts';
export { inferContext } from './infer.ts';
export { MetricPoints } from './metric-points.ts';
export {
  constantBool,
  constantDouble,
  constantText,
  double,
  doubleLike,
  listOf,
  optional,
  text,
} from './parameters.ts';
export { pathNames, senderPathNames } from './paths/resolve.ts';
export { Place } from './place.ts';
export { prepareValue, valueAt } from './read-value.ts';
export { ConditionList, type ErrorMode, eachItem, type OnFailure, StatementList } from './run.ts';
export {
  type CompileOptions,
  type Condition,
  compileCondition,
  compileStatement,
  parseCondition,
  parseStatement,
  parseValue,
  type Statement,
  type ValueExpression,
} from './statement.ts';
export { EvaluationError, fail, numberOf, type Value, type ValueMap } from './values.ts';
