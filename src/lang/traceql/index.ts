export { anchored } from './check.ts';
export { type Token as TraceqlToken, tokenizeTraceql } from './lexer.ts';
export { parseTraceql, parseTraceqlField } from './parse.ts';
export {
  printGoDuration,
  printScalar,
  printStatic,
  printTraceql,
  printTraceqlExpr,
  printTraceqlField,
} from './print.ts';
export * from './tree.ts';
