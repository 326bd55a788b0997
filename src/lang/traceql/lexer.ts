import { parseGoDuration } from '../logql/units.ts';
import { hasGoEscapes, unquoted } from '../promql/quote.ts';
import {
  type AttributeScope,
  INTRINSIC_ALIASES,
  INTRINSICS,
  type IntrinsicName,
  TraceqlError,
  type TraceqlPlace,
  type TraceqlValue,
} from './tree.ts';

export type TokenKind = 'end' | 'word' | 'value' | 'attribute' | 'intrinsic' | 'sign';

export interface Token extends TraceqlPlace {
  readonly kind: TokenKind;
  /** As written; of a sign or word all that there is to know. */
  readonly text: string;
  /** Of a value. */
  readonly value?: TraceqlValue;
  /** Of an attribute. */
  readonly attribute?: {
    readonly scope: AttributeScope | undefined;
    readonly key: string;
    readonly isParent: boolean;
  };
  /** Of an intrinsic. */
  readonly intrinsic?: IntrinsicName;
}

const BLANKS = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
/** `.foo`, `span.foo`, `parent.resource."a b".c`. What ends a key is what may stand behind it. */
const KEY = String.raw`(?:"(?:[^"\\]|\\["\\])*"|[^\s{}()=~!<>&|^,"])+`;
const ATTRIBUTE = new RegExp(
  String.raw`(?:(?:(parent)\.)?(span|resource|event|link|instrumentation)|(parent))?\.(${KEY})`,
  'y',
);
const SCOPED = /(?:span|trace|event|link|instrumentation):[a-zA-Z]+/y;
const WORD = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const QUANTITY = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+(?![a-zA-Z0-9]))?(?:[a-zA-Zµμ]+(?:\d+\.?\d*[a-zA-Zµμ]+)*)?/y;
const QUOTED = /"(?:[^"\\\n]|\\[\s\S])*"|`[^`]*`/y;
/** Longest first. */
const SIGN = /!>>|!<<|&>>|&<<|!>|!<|!~|&>|&<|&~|&&|\|\||>>|<<|>=|<=|!=|=~|[-+*/%^=<>!~(){}|,]/y;

const SHORT_INTRINSICS = /^[a-z]+[A-Za-z]*$/;

function matchAt(rule: RegExp, text: string, at: number): RegExpExecArray | undefined {
  rule.lastIndex = at;
  return rule.exec(text) ?? undefined;
}

/** All tokens; the last is of kind `end`. Throws TraceqlError. */
export function tokenizeTraceql(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(BLANKS, text, at)?.[0].length ?? 0;
    if (at === text.length) return [...tokens, { kind: 'end', text: '', start: at, end: at }];
    const token = readToken(text, at);
    tokens.push(token);
    at = token.end;
  }
}

function readToken(text: string, start: number): Token {
  const fault = (reason: string, end = start + 1): TraceqlError => new TraceqlError(reason, { start, end }, text);
  const char = text[start]!;
  if (text.startsWith('/*', start)) throw fault('comment not terminated: it needs */', start + 2);
  if (char === '"' || char === '`') {
    const literal = matchAt(QUOTED, text, start)?.[0];
    if (literal === undefined) throw fault('literal not terminated');
    if (char === '"' && !hasGoEscapes(literal)) throw fault('invalid char escape', start + literal.length);
    const value = { type: 'string', value: unquoted(literal) } as const;
    return { kind: 'value', text: literal, value, start, end: start + literal.length };
  }
  const quantity = matchAt(QUANTITY, text, start)?.[0];
  if (quantity !== undefined) {
    const value = readQuantity(quantity);
    if (value === undefined) throw fault(`${quantity} is no number or duration`, start + quantity.length);
    return { kind: 'value', text: quantity, value, start, end: start + quantity.length };
  }
  const attribute = matchAt(ATTRIBUTE, text, start);
  if (attribute !== undefined) {
    const [whole, parent, scope, lone, key] = attribute;
    const place = { start, end: start + whole.length };
    const of = {
      scope: scope as AttributeScope | undefined,
      key: readKey(key!),
      isParent: (parent ?? lone) !== undefined,
    };
    return { kind: 'attribute', text: whole, attribute: of, ...place };
  }
  return readPlain(text, start, fault);
}

function readPlain(text: string, start: number, fault: (reason: string, end?: number) => TraceqlError): Token {
  const scoped = matchAt(SCOPED, text, start)?.[0];
  if (scoped !== undefined) {
    const intrinsic = intrinsicOf(scoped);
    if (intrinsic === undefined) throw fault(`unknown intrinsic ${scoped}`, start + scoped.length);
    return { kind: 'intrinsic', text: scoped, intrinsic, start, end: start + scoped.length };
  }
  const word = matchAt(WORD, text, start)?.[0];
  if (word !== undefined) {
    const place = { start, end: start + word.length };
    const intrinsic = SHORT_INTRINSICS.test(word) ? intrinsicOf(word) : undefined;
    if (intrinsic !== undefined) return { kind: 'intrinsic', text: word, intrinsic, ...place };
    return { kind: 'word', text: word, ...place };
  }
  const sign = matchAt(SIGN, text, start)?.[0];
  if (sign !== undefined) return { kind: 'sign', text: sign, start, end: start + sign.length };
  if (text[start] === '$') throw fault('a variable of a dashboard: it must be replaced before the query is sent');
  throw fault(`unexpected character ${JSON.stringify(String.fromCodePoint(text.codePointAt(start)!))}`);
}

function intrinsicOf(text: string): IntrinsicName | undefined {
  if (Object.hasOwn(INTRINSICS, text)) return text as IntrinsicName;
  return Object.hasOwn(INTRINSIC_ALIASES, text) ? INTRINSIC_ALIASES[text] : undefined;
}

/** A key, of which parts may be quoted. */
function readKey(written: string): string {
  return written.replace(/"((?:[^"\\]|\\["\\])*)"/g, (_, inner: string) => inner.replace(/\\(["\\])/g, '$1'));
}

function readQuantity(text: string): TraceqlValue | undefined {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    if (Number.isSafeInteger(value)) return { type: 'int', value };
    const whole = BigInt(text);
    // 2^63 is written in front of a minus.
    return whole <= 2n ** 63n ? { type: 'int', value: whole } : undefined;
  }
  if (/^[\d.]+(?:[eE][-+]?\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? { type: 'float', value } : undefined;
  }
  const seconds = parseGoDuration(text, true);
  return seconds === undefined ? undefined : { type: 'duration', value: Math.round(seconds * 1e9) };
}
