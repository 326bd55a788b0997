/** What a Prometheus answers to a query, and what of two answers differs. */

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Histogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [rule: number, lower: string, upper: string, count: string])[];
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
  readonly histogram?: readonly [number, Histogram];
  readonly histograms?: readonly (readonly [number, Histogram])[];
}

interface Body {
  readonly status?: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly data?: { readonly resultType: string; readonly result: readonly Series[] | readonly [number, string] };
}

/** Numbers may differ by this share: Go's and V8's functions round their last digit in other ways. */
const NEAR = 1e-12;

export interface Verdict {
  /** `near`: all is equal but for last digits. */
  readonly kind: 'same' | 'near' | 'different';
  /** Where and what, of the first difference. */
  readonly why: string;
}

const SAME: Verdict = { kind: 'same', why: '' };

/** `isOrdered`: the order of series counts, too. */
export function judge(real: ApiAnswer, ours: ApiAnswer, isOrdered: boolean): Verdict {
  const [a, b] = [real.body as Body, ours.body as Body];
  if (real.status !== ours.status)
    return different('status', `${real.status} ${a.error ?? ''}`, `${ours.status} ${b.error ?? ''}`);
  for (const name of ['status', 'errorType', 'error'] as const)
    if (a[name] !== b[name]) return different(name, a[name], b[name]);
  for (const name of ['warnings', 'infos'] as const) {
    const [left, right] = [notes(a[name]), notes(b[name])];
    if (left !== right) return different(name, left, right);
  }
  if (a.data === undefined || b.data === undefined) return a.data === b.data ? SAME : different('data', a.data, b.data);
  if (a.data.resultType !== b.data.resultType) return different('resultType', a.data.resultType, b.data.resultType);
  if (a.data.resultType === 'scalar' || a.data.resultType === 'string')
    return judgePoints('value', [a.data.result], [b.data.result]);
  return judgeSeries(a.data.result as readonly Series[], b.data.result as readonly Series[], isOrdered);
}

function different(place: string, real: unknown, ours: unknown): Verdict {
  const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
  return { kind: 'different', why: `${place}: real ${text(real)}\n    ours ${text(ours)}` };
}

/** Their order is that of a map on both sides. */
function notes(list: readonly string[] = []): string {
  return [...list].sort().join('\n         ');
}

function keyOf({ metric }: Series): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function judgeSeries(real: readonly Series[], ours: readonly Series[], isOrdered: boolean): Verdict {
  const [realKeys, ourKeys] = [real.map(keyOf), ours.map(keyOf)];
  if (!isOrdered) {
    realKeys.sort();
    ourKeys.sort();
  }
  const at = realKeys.findIndex((key, i) => key !== ourKeys[i]);
  if (at >= 0 || realKeys.length !== ourKeys.length) {
    const known = new Set(realKeys);
    const more = ourKeys.filter((key) => !known.has(key));
    const theirs = new Set(ourKeys);
    const less = realKeys.filter((key) => !theirs.has(key));
    if (more.length === 0 && less.length === 0) return different('order', realKeys.join(' '), ourKeys.join(' '));
    return different(
      'series',
      `${realKeys.length}, alone here: ${less.slice(0, 3).join(' ')}`,
      `${ourKeys.length}, alone here: ${more.slice(0, 3).join(' ')}`,
    );
  }
  const byKey = new Map(ours.map((series) => [keyOf(series), series]));
  let kind: Verdict = SAME;
  for (const series of real) {
    const found = judgeOne(series, byKey.get(keyOf(series))!);
    if (found.kind === 'different') return found;
    if (found.kind === 'near') kind = found;
  }
  return kind;
}

function judgeOne(real: Series, ours: Series): Verdict {
  const key = keyOf(real);
  const names = (series: Series): string => Object.keys(series).join();
  if (names(real) !== names(ours)) return different(`${key} has`, names(real), names(ours));
  const points = (series: Series): readonly unknown[] => series.values ?? (series.value ? [series.value] : []);
  const natives = (series: Series): readonly unknown[] =>
    series.histograms ?? (series.histogram ? [series.histogram] : []);
  const floats = judgePoints(key, points(real), points(ours));
  if (floats.kind === 'different') return floats;
  const histograms = judgePoints(key, natives(real), natives(ours));
  return histograms.kind === 'same' ? floats : histograms;
}

function judgePoints(key: string, real: readonly unknown[], ours: readonly unknown[]): Verdict {
  if (real.length !== ours.length)
    return different(`${key}: points`, `${real.length} ${first(real, ours)}`, `${ours.length} ${first(ours, real)}`);
  let kind: Verdict = SAME;
  for (const [i, point] of real.entries()) {
    const nearness = compare(point, ours[i]);
    if (nearness === 'different') return different(`${key}: point ${i}`, point, ours[i]);
    if (nearness === 'near')
      kind = { kind: 'near', why: `${key}: ${JSON.stringify(point)} ${JSON.stringify(ours[i])}` };
  }
  return kind;
}

/** The first point that the other one has not. */
function first(list: readonly unknown[], others: readonly unknown[]): string {
  const timeOf = (point: unknown): unknown => (point as readonly unknown[])[0];
  const times = new Set(others.map(timeOf));
  const found = list.find((point) => !times.has(timeOf(point)));
  return found === undefined ? '' : `with ${JSON.stringify(found)}`;
}

function compare(a: unknown, b: unknown): Verdict['kind'] {
  if (a === b) return 'same';
  if (typeof a === 'string' && typeof b === 'string') return compareNumbers(Number(a), Number(b));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return 'different';
  const [left, right] = [Object.entries(a), Object.entries(b)];
  if (left.length !== right.length) return 'different';
  let kind: Verdict['kind'] = 'same';
  for (const [i, [name, value]] of left.entries()) {
    const [otherName, otherValue] = right[i]!;
    const found = name === otherName ? compare(value, otherValue) : 'different';
    if (found === 'different') return found;
    if (found === 'near') kind = found;
  }
  return kind;
}

/** Texts that differ and say the same number are a difference. */
function compareNumbers(a: number, b: number): Verdict['kind'] {
  if (a === b || !Number.isFinite(a) || !Number.isFinite(b)) return 'different';
  return Math.abs(a - b) <= NEAR * Math.max(Math.abs(a), Math.abs(b)) ? 'near' : 'different';
}
