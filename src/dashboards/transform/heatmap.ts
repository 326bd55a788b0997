import { type DataFrame, plainField, timeFieldOf } from '../frames/data-frame.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../json.ts';

const DEFAULT_BUCKETS = 30;
const BUCKETS_LIMIT = 2_000;
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

interface Axis {
  readonly from: number;
  readonly width: number;
  readonly count: number;
}

/** `heatmap`: how many points of all series are in each cell of time and value. A row per cell that holds some: `xMin`, `yMin`, `count`. */
export function heatmapFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const points = frames.flatMap((frame) => {
    const times = timeFieldOf(frame)?.values ?? [];
    return frame.fields
      .filter(({ type }) => type === 'number')
      .flatMap(({ values }) =>
        values.flatMap((y, i) => {
          const x = times[i];
          return typeof x === 'number' && typeof y === 'number' && Number.isFinite(y) ? [{ x, y }] : [];
        }),
      );
  });
  if (points.length === 0) return [];
  const xs = axisOf(
    points.map(({ x }) => x),
    objectOf(options.xBuckets),
  );
  const ys = axisOf(
    points.map(({ y }) => y),
    objectOf(options.yBuckets),
  );
  const counts = new Map<number, number>();
  for (const { x, y } of points) {
    const cell = placeOn(xs, x) * ys.count + placeOn(ys, y);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const cells = [...counts.keys()].sort((a, b) => a - b);
  return [
    {
      refId: 'heatmap',
      meta: { type: 'heatmap-cells' },
      fields: [
        {
          ...plainField(
            'xMin',
            'time',
            cells.map((cell) => xs.from + Math.floor(cell / ys.count) * xs.width),
          ),
          config: { interval: xs.width },
        },
        plainField(
          'yMin',
          'number',
          cells.map((cell) => ys.from + (cell % ys.count) * ys.width),
        ),
        plainField(
          'yMax',
          'number',
          cells.map((cell) => ys.from + ((cell % ys.count) + 1) * ys.width),
        ),
        plainField(
          'count',
          'number',
          cells.map((cell) => counts.get(cell)!),
        ),
      ],
      length: cells.length,
    },
  ];
}

function axisOf(values: readonly number[], { mode, value }: JsonObject): Axis {
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  const text = textOf(value) ?? '';
  const [, size, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(text) ?? [];
  const written = size === undefined ? numberOf(value) : Number(size) * (MS[unit] ?? 1);
  const span = max - min || 1;
  const wanted =
    mode === 'count' || written === undefined || written <= 0
      ? niceWidth(span / Math.max(1, written ?? DEFAULT_BUCKETS))
      : written;
  const width = Math.max(wanted, span / BUCKETS_LIMIT);
  const from = Math.floor(min / width) * width;
  return { from, width, count: Math.floor((max - from) / width) + 1 };
}

function placeOn({ from, width, count }: Axis, value: number): number {
  return Math.min(count - 1, Math.floor((value - from) / width));
}

/** The next larger of 1, 2, 5 at a power of ten. */
function niceWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= width) ?? width;
}
