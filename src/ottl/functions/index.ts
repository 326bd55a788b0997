import type { FunctionTable } from '../compile.ts';
import type { OttlFunction } from '../function.ts';
import { HASH_FUNCTIONS } from './hashes.ts';
import { ID_FUNCTIONS } from './ids.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import { MAP_FUNCTIONS } from './maps.ts';
import { PARSER_FUNCTIONS } from './parsers.ts';
import { REPLACE_FUNCTIONS } from './replace.ts';
import { SET_FUNCTIONS } from './set.ts';
import { STRING_FUNCTIONS } from './strings.ts';
import { TIME_FUNCTIONS } from './times.ts';
import { TYPE_FUNCTIONS } from './types.ts';
import { XML_FUNCTIONS } from './xml.ts';

/** Functions by name. */
export function functionTable(...lists: readonly (readonly OttlFunction[])[]): FunctionTable {
  return new Map(lists.flat().map((each) => [each.name, each]));
}

const ALL: readonly OttlFunction[] = [
  ...SET_FUNCTIONS,
  ...MAP_FUNCTIONS,
  ...REPLACE_FUNCTIONS,
  ...TYPE_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...HASH_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...ID_FUNCTIONS,
  ...PARSER_FUNCTIONS,
  ...XML_FUNCTIONS,
];

/** What statements may call. */
export const STANDARD_FUNCTIONS: FunctionTable = functionTable(ALL);
/** What conditions and values may call: nothing that changes an item. */
export const CONVERTERS: FunctionTable = functionTable(ALL.filter(({ name }) => /^[A-Z]/.test(name)));
