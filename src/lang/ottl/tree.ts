/** What the OpenTelemetry Transformation Language is made of. Offsets count UTF-16 units from the start of the text. */

export interface OttlRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** An editor and when it runs: `set(name, "x") where kind == 2`. */
export interface OttlStatement extends OttlRange {
  readonly editor: OttlCall;
  readonly where: OttlCondition | undefined;
}

export interface OttlCall extends OttlRange {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly OttlArgument[];
  /** Of converters: `Split(x, ",")[1]`. */
  readonly keys: readonly OttlKey[];
}

export interface OttlArgument extends OttlRange {
  /** undefined where it is given by its place. */
  readonly name: string | undefined;
  readonly value: OttlValue;
}

/** `attributes["a"]["b"]`, `span.status.code`: names with the keys behind each. */
export interface OttlPath extends OttlRange {
  readonly kind: 'path';
  readonly fields: readonly OttlField[];
}

export interface OttlField extends OttlRange {
  readonly name: string;
  readonly keys: readonly OttlKey[];
}

/** What stands between brackets: a text, a whole number, or what is worked out for each item. */
export interface OttlKey extends OttlRange {
  readonly value: OttlValue;
}

export interface OttlLambda extends OttlRange {
  readonly kind: 'lambda';
  /** `_` for one that is not used. */
  readonly parameters: readonly string[];
  readonly body: { readonly value: OttlValue } | { readonly condition: OttlCondition };
}

export type OttlOperator = '+' | '-' | '*' | '/';

export type OttlValue =
  | (OttlRange & { readonly kind: 'nil' })
  | (OttlRange & { readonly kind: 'text'; readonly value: string })
  | (OttlRange & { readonly kind: 'bool'; readonly value: boolean })
  | (OttlRange & { readonly kind: 'bytes'; readonly value: Uint8Array })
  /** A bigint beyond 2^53. */
  | (OttlRange & { readonly kind: 'int'; readonly value: number | bigint })
  | (OttlRange & { readonly kind: 'double'; readonly value: number })
  /** In capitals: an enum, or a function such as SHA256 where one is expected. */
  | (OttlRange & { readonly kind: 'enum'; readonly name: string })
  /** The name of a converter without parentheses. */
  | (OttlRange & { readonly kind: 'function'; readonly name: string })
  | (OttlRange & { readonly kind: 'list'; readonly items: readonly OttlValue[] })
  | (OttlRange & { readonly kind: 'map'; readonly entries: readonly OttlEntry[] })
  | (OttlRange & { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: OttlValue })
  | OttlMath
  | OttlPath
  | OttlCall
  | OttlLambda;

export interface OttlEntry extends OttlRange {
  readonly key: string;
  readonly value: OttlValue;
}

export interface OttlMath extends OttlRange {
  readonly kind: 'math';
  readonly operator: OttlOperator;
  readonly left: OttlValue;
  readonly right: OttlValue;
}

export type OttlComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface OttlComparison extends OttlRange {
  readonly kind: 'comparison';
  readonly operator: OttlComparisonOperator;
  readonly left: OttlValue;
  readonly right: OttlValue;
}

export type OttlCondition =
  | (OttlRange & { readonly kind: 'or' | 'and'; readonly items: readonly OttlCondition[] })
  | (OttlRange & { readonly kind: 'not'; readonly operand: OttlCondition })
  | (OttlRange & { readonly kind: 'constant'; readonly value: boolean })
  /** A converter that says yes or no. */
  | (OttlRange & { readonly kind: 'test'; readonly call: OttlCall })
  | OttlComparison;

/** A mistake in a text, and where it is. */
export class OttlError extends Error {
  override name = 'OttlError';
  readonly code = 'ottl';
  readonly range: OttlRange;
  /** What to write instead, where that is known. */
  readonly hint: string | undefined;
  constructor(message: string, range: OttlRange, hint?: string) {
    super(hint === undefined ? message : `${message}; ${hint}`);
    this.range = { start: range.start, end: range.end };
    this.hint = hint;
  }
}

/** Line and column of an offset, counted from 1. */
function ottlPosition(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/** `1:14: there is no path "atributes" …`: the message with its place in front. */
export function placedOttlMessage(text: string, error: OttlError): string {
  const { line, column } = ottlPosition(text, error.range.start);
  return `${line}:${column}: ${error.message}`;
}

/** The line with the mistake, and `^` under the characters that caused it. */
export function underlinedOttl(text: string, range: OttlRange): string {
  const start = text.lastIndexOf('\n', Math.max(0, range.start - 1)) + 1;
  const lineEnd = text.indexOf('\n', range.start);
  const line = text.slice(start, lineEnd < 0 ? text.length : lineEnd);
  const count = Math.max(1, Math.min(range.end, start + line.length) - range.start);
  return `${line}\n${' '.repeat(Math.max(0, range.start - start))}${'^'.repeat(count)}`;
}
