export * from './complete.ts';
export * from './fields.ts';
export { isSeriesQuery, type QueryLanguage, queryLanguage } from './language.ts';
export { type FilterToken, tokenizeFilter } from './lexer.ts';
export * from './parse.ts';
export * from './print.ts';
export * from './tree.ts';
export { classifyValue, parseDurationNs } from './value.ts';
