import { type Cell, type DataFrame, displayNameOf, plainField, timeFieldOf } from '../frames/data-frame.ts';
import { type JsonObject, numberOf, textOf } from '../json.ts';

const DEGREE_LIMIT = 5;
const POINTS_LIMIT = 10_000;

/** `regression`: the line or polynomial that is nearest to the points of two fields, as a frame of its own. */
export function regressionFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const isLinear = options.modelType !== 'polynomial';
  const degree = isLinear ? 1 : Math.min(DEGREE_LIMIT, Math.max(1, Math.round(numberOf(options.degree) ?? 2)));
  const count = Math.min(POINTS_LIMIT, Math.max(2, Math.round(numberOf(options.predictionCount) ?? 100)));
  const named = (frame: DataFrame, name: string | undefined) =>
    name === undefined ? undefined : frame.fields.find((field) => displayNameOf(field, frame, frames) === name);
  for (const frame of frames) {
    const x =
      named(frame, textOf(options.xFieldName)) ??
      timeFieldOf(frame) ??
      frame.fields.find(({ type }) => type === 'number');
    const y =
      named(frame, textOf(options.yFieldName)) ?? frame.fields.find((field) => field !== x && field.type === 'number');
    if (x === undefined || y === undefined) continue;
    const fit = polynomial(x.values, y.values, degree);
    if (fit === undefined) continue;
    const known = x.values.filter((value) => typeof value === 'number') as number[];
    const [from, to] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
    const xs = Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
    const name = isLinear ? 'Linear regression' : 'Polynomial regression';
    const fields = [
      { ...x, values: xs },
      { ...plainField(`${name}`, 'number', xs.map(fit)), config: { displayName: name } },
    ];
    return [...frames, { name, refId: 'regression', fields, length: count }];
  }
  return frames;
}

/** The polynomial by least squares; undefined where there are fewer points than it has terms. x is scaled to [-1, 1], as times are large. */
function polynomial(xs: readonly Cell[], ys: readonly Cell[], degree: number): ((x: number) => number) | undefined {
  const points = xs.flatMap((x, i) => {
    const y = ys[i];
    return typeof x === 'number' && typeof y === 'number' && Number.isFinite(y) ? [{ x, y }] : [];
  });
  const terms = degree + 1;
  if (points.length < terms) return undefined;
  const [from, to] = [
    points.reduce((a, p) => Math.min(a, p.x), Number.POSITIVE_INFINITY),
    points.reduce((a, p) => Math.max(a, p.x), Number.NEGATIVE_INFINITY),
  ];
  const scaled = (x: number): number => (to === from ? 0 : (2 * (x - from)) / (to - from) - 1);
  const rows = Array.from({ length: terms }, (_, i) =>
    Array.from({ length: terms + 1 }, (__, j) =>
      points.reduce((sum, { x, y }) => sum + scaled(x) ** i * (j === terms ? y : scaled(x) ** j), 0),
    ),
  );
  const factors = solved(rows);
  return factors && ((x) => factors.reduce((sum, factor, power) => sum + factor * scaled(x) ** power, 0));
}

/** Gauss' elimination with the largest pivot; undefined where there is no single answer. */
function solved(rows: number[][]): number[] | undefined {
  const size = rows.length;
  for (let at = 0; at < size; at++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= at && Math.abs(row[at]!) > Math.abs(rows[best]![at]!) ? i : best),
      at,
    );
    [rows[at], rows[pivot]] = [rows[pivot]!, rows[at]!];
    if (Math.abs(rows[at]![at]!) < 1e-12) return undefined;
    for (let i = 0; i < size; i++) {
      if (i === at) continue;
      const factor = rows[i]![at]! / rows[at]![at]!;
      for (let j = at; j <= size; j++) rows[i]![j]! -= factor * rows[at]![j]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}
