/**
 * Old and new names of the semantic conventions answer alike: a query that asks for one of them also finds what is stored under the others.
 * docs/queries.md says what a selector means then. The table of names is #lang's.
 */
export { converted, convertedBound, convertedValue } from './converted.ts';
export { countedOnce, SAME_EXPORT_MS, within } from './counted-once.ts';
export { QueryNames } from './query-names.ts';
export type { OtherName, SelectorNames } from './selector-names.ts';
