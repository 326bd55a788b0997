import { type BinaryExpr, type MatrixSelector, type PromExpr, promType, type VectorSelector } from '#lang/promql';
import { isComparison } from '../arithmetic.ts';
import { groupKey, type Labels } from '../labels.ts';
import { unwrapped } from '../timing.ts';
import type { NoDataReason } from './reasons.ts';
import type { EvaluationTrace, Seen } from './trace.ts';

/** Where a query lost its data: selectors that found nothing, and reasons that can be told from what was evaluated alone. */
export interface Causes {
  readonly selectors: readonly EmptySelector[];
  readonly reasons: readonly NoDataReason[];
}

export interface EmptySelector {
  readonly selector: VectorSelector;
  /** Of a range function. */
  readonly range: MatrixSelector | undefined;
  /** What reads it. */
  readonly reader: string | undefined;
}

/** Of an expression that came to nothing. */
export function causesOf(root: PromExpr, trace: EvaluationTrace): Causes {
  const search = new Search(trace);
  search.blame(root);
  return search;
}

class Search implements Causes {
  readonly selectors: EmptySelector[] = [];
  readonly reasons: NoDataReason[] = [];
  readonly #trace: EvaluationTrace;

  constructor(trace: EvaluationTrace) {
    this.#trace = trace;
  }

  /** Finds what is to blame for an empty expression. */
  blame(expr: PromExpr): void {
    const inner = unwrapped(expr);
    switch (inner.kind) {
      case 'selector':
        this.selectors.push({ selector: inner, range: undefined, reader: undefined });
        break;
      case 'matrix':
        this.selectors.push({ selector: inner.selector, range: inner, reader: undefined });
        break;
      case 'subquery':
      case 'unary':
        this.blame(inner.expr);
        break;
      case 'binary':
        this.#blameOperator(inner);
        break;
      case 'aggregation':
        this.#blameReader(inner, inner.expr, inner.operator);
        break;
      case 'call':
        this.#blameReader(inner, inner.arguments.find(isSeries), inner.name);
        break;
      default:
    }
  }

  /** A part that was not evaluated by itself may be to blame as well. */
  #isEmpty(expr: PromExpr): boolean {
    return (this.#trace.of(expr)?.count ?? 0) === 0;
  }

  #blameReader(expr: PromExpr, input: PromExpr | undefined, name: string): void {
    if (input === undefined) return;
    if (name === 'absent' || name === 'absent_over_time') {
      const text = `${name} answers only where there is nothing, and there is something`;
      this.reasons.push({ kind: 'present', place: expr, text });
      return;
    }
    const range = unwrapped(input);
    if (range.kind === 'matrix') this.selectors.push({ selector: range.selector, range, reader: name });
    else if (range.kind === 'subquery') this.blame(range.expr);
    else if (this.#isEmpty(input)) this.blame(input);
    else this.reasons.push(nothingMade(expr, name, this.#trace.of(input)!));
  }

  #blameOperator(expr: BinaryExpr): void {
    const { left, right, operator } = expr;
    if (operator === 'unless' && !this.#isEmpty(left)) {
      const text = 'unless left nothing: all series of its left side are on its right side, too';
      this.reasons.push({ kind: 'present', place: expr, text });
      return;
    }
    const sides = operator === 'unless' ? [left] : [left, right].filter(isSeries);
    const empty = sides.filter((side) => this.#isEmpty(side));
    for (const side of empty) this.blame(side);
    if (empty.length > 0) return;
    const [first, second] = sides.map((side) => this.#trace.of(side)!);
    this.reasons.push(second === undefined ? filtered(expr, first!) : ofTwoVectors(expr, first!, second));
  }
}

function isSeries(expr: PromExpr): boolean {
  const type = promType(expr);
  return type === 'vector' || type === 'matrix';
}

function nothingMade(expr: PromExpr, name: string, { count, labels }: Seen): NoDataReason {
  const hasNoBuckets = name === 'histogram_quantile' && labels.every((each) => each.get('le') === '');
  const why = hasNoBuckets
    ? ': none of them has a label le or is a native histogram; keep le where they are added up'
    : '';
  return { kind: 'nothing-made', place: expr, text: `${name} made nothing of ${count} series${why}` };
}

function filtered({ operator, ...place }: BinaryExpr, { least, most }: Seen): NoDataReason {
  return {
    kind: 'filtered',
    place,
    least,
    most,
    text: `no value passed the comparison ${operator}${least > most ? '' : `: they are from ${shown(least)} to ${shown(most)}`}`,
  };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Labels of a signature that are shown. */
const SHOWN_LABELS = 10;

function ofTwoVectors(expr: BinaryExpr, left: Seen, right: Seen): NoDataReason {
  const { labels, isOn } = expr.matching!;
  const signature = groupKey(labels, !isOn);
  const [ofLeft, ofRight] = [left, right].map((side) => side.labels.map(signature)) as [Labels[], Labels[]];
  const keys = new Set(ofLeft.map(({ key }) => key));
  const doMatch = ofRight.some(({ key }) => keys.has(key));
  if (doMatch && isComparison(expr.operator)) return filtered(expr, left);
  if (doMatch)
    return {
      kind: 'nothing-made',
      place: expr,
      text: `no series of both sides of ${expr.operator} have values at one time`,
    };
  const [leftNames, rightNames] = [namesOf(ofLeft), namesOf(ofRight)];
  const onlyLeft = [...leftNames].filter((name) => !rightNames.has(name));
  const onlyRight = [...rightNames].filter((name) => !leftNames.has(name));
  const otherValues = [...leftNames].filter((name) => rightNames.has(name) && !doShare(name, ofLeft, ofRight));
  const parts = [
    onlyLeft.length > 0 ? `only its left side has ${listed(onlyLeft)}` : '',
    onlyRight.length > 0 ? `only its right side has ${listed(onlyRight)}` : '',
    otherValues.length > 0 ? `the values of ${listed(otherValues)} differ` : '',
  ].filter((part) => part !== '');
  const why = parts.length > 0 ? parts.join(', ') : 'no set of labels is on both sides';
  const text = `no series of both sides of ${expr.operator} have the same labels: ${why}; name those to match by in on (…)`;
  return { kind: 'unmatched', place: expr, onlyLeft, onlyRight, otherValues, text };
}

function namesOf(sets: readonly Labels[]): ReadonlySet<string> {
  return new Set(sets.flatMap(({ pairs }) => pairs.map(([name]) => name)));
}

function doShare(name: string, left: readonly Labels[], right: readonly Labels[]): boolean {
  const values = new Set(left.map((labels) => labels.get(name)));
  return right.some((labels) => values.has(labels.get(name)));
}

function listed(names: readonly string[]): string {
  const more = names.length > SHOWN_LABELS ? ' and more' : '';
  return `${names.slice(0, SHOWN_LABELS).join(', ')}${more}`;
}
