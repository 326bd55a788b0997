/**
 * Tokens to tree, by recursive descent:
 *
 *   filter = terms                       (may be empty)
 *   terms  = joined { ["AND"] joined }   every one must hold
 *   joined = term { "OR" term }          OR binds closer than the space: `a b OR c` is a and (b or c)
 *   term   = ("-" | "!" | "NOT") term | "(" terms ")" | key operator value | word | string
 */
import { type FilterToken, tokenizeFilter } from './lexer.ts';
import { comparingSlip, isJoiningWord, joiningSlip, operatorOf, type Slip, valueSlip, wordSlip } from './slips.ts';
import { FilterError, type FilterKey, type FilterNode, type FilterRange } from './tree.ts';
import { classifyValue } from './value.ts';

export type FilterResult =
  /** `filter` is undefined for an empty text: everything matches. */
  { readonly ok: true; readonly filter: FilterNode | undefined } | { readonly ok: false; readonly error: FilterError };

/** Longer texts and deeper trees are refused: nobody types them, and they cost the store time. */
const FILTER_LIMITS = { length: 10_000, terms: 200, depth: 50 } as const;

export function parseFilter(text: string): FilterResult {
  try {
    return { ok: true, filter: new FilterParser(text).parse() };
  } catch (error) {
    if (error instanceof FilterError) return { ok: false, error };
    throw error;
  }
}

class FilterParser {
  readonly #text: string;
  readonly #tokens: readonly FilterToken[];
  #at = 0;
  #termCount = 0;

  constructor(text: string) {
    if (text.length > FILTER_LIMITS.length) {
      const range = { start: FILTER_LIMITS.length, end: text.length };
      throw new FilterError(`the filter is longer than ${FILTER_LIMITS.length} characters`, range);
    }
    this.#text = text;
    this.#tokens = tokenizeFilter(text);
  }

  parse(): FilterNode | undefined {
    if (this.#tokens.length === 0) return undefined;
    const node = this.#terms(0);
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new FilterError('`)` closes nothing', rest, 'remove it, or quote it: ")"');
    return node;
  }

  #terms(depth: number): FilterNode {
    const items = [this.#joined(depth)];
    for (let token = this.#tokens[this.#at]; token !== undefined && token.kind !== 'close'; ) {
      if (token.kind === 'keyword' && token.text === 'AND') this.#at++;
      items.push(this.#joined(depth));
      token = this.#tokens[this.#at];
    }
    return items.length === 1 ? items[0]! : { kind: 'and', items, ...around(items) };
  }

  #joined(depth: number): FilterNode {
    const items = [this.#term(depth)];
    while (this.#isKeyword('OR')) {
      this.#at++;
      items.push(this.#term(depth));
    }
    return items.length === 1 ? items[0]! : { kind: 'or', items, ...around(items) };
  }

  #isKeyword(word: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'keyword' && token.text === word;
  }

  #term(depth: number): FilterNode {
    const token = this.#tokens[this.#at];
    const previous = this.#tokens[this.#at - 1];
    if (token === undefined) throw this.#missingTerm(previous!);
    if (depth > FILTER_LIMITS.depth) {
      throw new FilterError(`more than ${FILTER_LIMITS.depth} groups and negations inside each other`, token);
    }
    if (token.kind === 'negate' || this.#isKeyword('NOT')) {
      this.#at++;
      const item = this.#term(depth + 1);
      return { kind: 'not', item, start: token.start, end: item.end };
    }
    if (token.kind === 'open') return this.#group(token, depth);
    if (token.kind === 'close') throw this.#badClose(token, previous);
    if (token.kind === 'keyword') {
      throw new FilterError(
        `\`${token.text}\` needs a term before it`,
        token,
        `quote it to search the word: "${token.text}"`,
      );
    }
    if (token.kind === 'operator') throw this.#badOperator(token, previous);
    return this.#leaf(token);
  }

  #group(open: FilterToken, depth: number): FilterNode {
    const previous = this.#tokens[this.#at - 1];
    const touched = previous !== undefined && previous.end === open.start;
    if (touched && (previous.kind === 'word' || previous.kind === 'value' || previous.kind === 'string')) {
      throw new FilterError('a parenthesis inside a word', open, 'put words and values with parentheses in quotes');
    }
    this.#at++;
    const node = this.#tokens[this.#at] === undefined ? undefined : this.#terms(depth + 1);
    const close = this.#tokens[this.#at];
    if (node === undefined || close?.kind !== 'close') {
      throw new FilterError('`(` is never closed', open, 'add `)`, or quote it: "("');
    }
    this.#at++;
    return { ...node, start: open.start, end: close.end };
  }

  #leaf(token: FilterToken): FilterNode {
    if (++this.#termCount > FILTER_LIMITS.terms) {
      throw new FilterError(`more than ${FILTER_LIMITS.terms} terms`, token, 'a regular expression may say it shorter');
    }
    this.#assertClosed(token);
    this.#at++;
    const operator = this.#tokens[this.#at];
    if (operator?.kind !== 'operator' || operator.start !== token.end) {
      refuseSlip(token.kind === 'word' ? this.#slipOf(token) : undefined, token);
      this.#assertSeparate(token);
      if (token.text === '') throw new FilterError('an empty text matches everything', token, 'remove it');
      return { kind: 'text', text: token.text, start: token.start, end: token.end };
    }
    if (token.text === '') throw new FilterError('the key is empty', token, 'write the name of an attribute');
    this.#at++;
    return this.#comparison({ text: token.text, start: token.start, end: token.end }, operator);
  }

  /** `token` was just taken. Between words `and`, `or` and `not` are text, as in a line that was pasted; beside a condition they are slips. */
  #slipOf(token: FilterToken): Slip | undefined {
    const at = this.#at - 1;
    if (!isJoiningWord(token.text)) return this.#comparingSlipAt(at) ?? wordSlip(token.text);
    return this.#endsCondition(at - 1) || this.#beginsCondition(at + 1) ? joiningSlip(token.text) : undefined;
  }

  #comparingSlipAt(at: number): Slip | undefined {
    const [key, word, next] = [this.#tokens[at - 1], this.#tokens[at], this.#tokens[at + 1]];
    if (key?.kind !== 'word' || (next?.kind !== 'open' && next?.kind !== 'string')) return undefined;
    return comparingSlip(key.text, word!.text, next.kind);
  }

  #endsCondition(at: number): boolean {
    const kind = this.#tokens[at]?.kind;
    if (kind === 'string') return this.#tokens[at - 1]?.kind === 'operator';
    return kind === 'value' || kind === 'close' || kind === 'keyword';
  }

  #beginsCondition(at: number): boolean {
    const token = this.#tokens[at];
    if (token?.kind === 'open' || token?.kind === 'negate' || token?.kind === 'keyword') return true;
    const next = this.#tokens[at + 1];
    return token !== undefined && next?.kind === 'operator' && next.start === token.end;
  }

  #comparison(key: FilterKey, operatorToken: FilterToken): FilterNode {
    const operator = operatorOf(operatorToken.text);
    const token = this.#tokens[this.#at];
    if (
      token === undefined ||
      token.start !== operatorToken.end ||
      !(token.kind === 'value' || token.kind === 'string')
    ) {
      const range = { start: key.start, end: operatorToken.end };
      const hint = `write it right behind: ${key.text}${operator}value; "" is the empty text, * anything at all`;
      throw new FilterError(`the value after \`${operator}\` is missing`, range, hint);
    }
    this.#assertClosed(token);
    this.#at++;
    this.#assertSeparate(token);
    refuseSlip(token.kind === 'value' ? valueSlip(key.text, operator, token.text) : undefined, token);
    const range = { start: key.start, end: token.end };
    if (token.kind === 'value' && token.text === '*') {
      if (operator !== '=' && operator !== '!=') {
        const hint = `${key.text}=* says that the key exists; quote the star to mean the character: "*"`;
        throw new FilterError(`\`*\` does not go with \`${operator}\``, token, hint);
      }
      return { kind: 'exists', key, negated: operator === '!=', ...range };
    }
    const place = { start: token.start, end: token.end };
    const value =
      token.kind === 'string'
        ? { kind: 'text' as const, text: token.text, ...place }
        : classifyValue(token.text, place);
    return { kind: 'compare', key, operator, value, ...range };
  }

  #assertClosed(token: FilterToken): void {
    if (token.unterminated) throw new FilterError('the quote is never closed', token, 'add `"` at its end');
  }

  /** A quoted text must not touch the next word: `"a"b` is a slip, not two terms. */
  #assertSeparate(token: FilterToken): void {
    const next = this.#tokens[this.#at];
    if (next === undefined || next.start !== token.end || next.kind === 'close' || next.kind === 'open') return;
    const range = { start: token.start, end: next.end };
    throw new FilterError('a blank is missing between two terms', range, 'a quote inside a text is written \\"');
  }

  #missingTerm(previous: FilterToken): FilterError {
    if (previous.kind === 'keyword') return new FilterError(`\`${previous.text}\` needs a term behind it`, previous);
    return new FilterError('a term is missing', { start: previous.start, end: this.#text.length });
  }

  #badClose(token: FilterToken, previous: FilterToken | undefined): FilterError {
    if (previous?.kind === 'open') {
      const range = { start: previous.start, end: token.end };
      return new FilterError('nothing stands between the parentheses', range, 'remove them, or quote them: "()"');
    }
    if (previous?.kind === 'keyword') return this.#missingTerm(previous);
    return new FilterError('`)` closes nothing', token, 'remove it, or quote it: ")"');
  }

  #badOperator(token: FilterToken, previous: FilterToken | undefined): FilterError {
    const isKey = previous !== undefined && (previous.kind === 'word' || previous.kind === 'string');
    if (isKey) {
      const range = { start: previous.start, end: token.end };
      return new FilterError(
        `a blank before \`${token.text}\``,
        range,
        `write it without: ${previous.text}${token.text}value`,
      );
    }
    return new FilterError(
      `\`${token.text}\` needs a key before it`,
      token,
      `write key${token.text}value, or quote the text`,
    );
  }
}

function refuseSlip(slip: Slip | undefined, range: FilterRange): void {
  if (slip !== undefined) throw new FilterError(slip.message, range, slip.hint);
}

function around(items: readonly FilterNode[]): FilterRange {
  return { start: items[0]!.start, end: items.at(-1)!.end };
}
