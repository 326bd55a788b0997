import type { BatchContext } from '#pdata';

/** A condition on the metadata of the sender, in the form from before OTTL had paths for it. */
export interface RequestCondition {
  readonly name: string;
  readonly value: string;
  readonly isEqual: boolean;
}

const FORM = /^\s*request\["(.*)"\]\s*(==|!=)\s*"(.*)"\s*$/;

/** A text says what is wrong. */
export function parseRequestCondition(text: string): RequestCondition | string {
  const comparators = text.match(/==|!=/g)?.length ?? 0;
  if (comparators === 0) return 'condition does not contain a valid comparator: == or !=';
  if (comparators > 1) return 'condition contains multiple comparators';
  const match = FORM.exec(text);
  if (match === null) return 'condition must have the form request["<name>"] == "<value>", or !=';
  return { name: match[1]!.toLowerCase(), isEqual: match[2] === '==', value: match[3]! };
}

/** Whether one of the values that the sender gave fulfils it; nobody does who gave none. */
export function matchesRequest({ name, value, isEqual }: RequestCondition, { metadata }: BatchContext): boolean {
  return metadata?.get(name)?.some((each) => (each === value) === isEqual) ?? false;
}
