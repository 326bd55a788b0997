import { goQuoted } from '#base';
import { added as addedHistograms, type FloatHistogram } from '../histogram/index.ts';
import type { Selection, StoredSeries } from '../source.ts';
import { histogramsOf } from './histogram-writers.ts';
import { added, addedLevels, doOverlap, writersOf } from './writers.ts';

/**
 * Series that have the same labels in Prometheus' eyes become one, by time; of two samples at one time the later series' counts, while
 * deltas and counters are added up. It happens where a unit or a description of a metric changed, where a resource changed in what is no label,
 * and where several processes can't be told apart.
 */
export function together(found: readonly StoredSeries[], note?: Selection['note']): StoredSeries[] {
  const byKey = new Map<string, StoredSeries[]>();
  for (const series of found) {
    const same = byKey.get(series.labels.key);
    if (same === undefined) byKey.set(series.labels.key, [series]);
    else same.push(series);
  }
  return Array.from(byKey.values(), (same) => oneOf(same, note));
}

/** The samples of one set of labels, from all that wrote them. */
function oneOf(same: readonly StoredSeries[], note: Selection['note']): StoredSeries {
  const series = same.length === 1 ? same[0]! : joined(same);
  const { sharing } = series;
  if (series.isDelta === true || sharing === undefined || !same.every((each) => each.sharing === sharing))
    return series;
  const histograms = sharing === 'counter' ? histogramsOf(same) : undefined;
  if (histograms !== undefined) return { ...series, histograms };
  const writers = same.flatMap(({ floats }) => writersOf(floats));
  if (writers.length < 2 || !doOverlap(writers)) return series;
  if (sharing === 'counter') return { ...series, floats: added(writers) };
  if (sharing === 'level') return { ...series, floats: addedLevels(writers) };
  const name = goQuoted(series.labels.metricName);
  note?.(
    `${name} has series of several processes that no label tells apart: each sample is that of one of them; give them a service.instance.id`,
  );
  return series;
}

function joined(same: readonly StoredSeries[]): StoredSeries {
  const floats = new Map<number, readonly [value: number, startMs: number]>();
  const histograms = new Map<number, readonly [value: FloatHistogram, startMs: number]>();
  const isDelta = same.every((series) => series.isDelta === true);
  for (const { floats: own, histograms: natives } of same) {
    own.timesMs.forEach((timeMs, i) => {
      const before = isDelta ? (floats.get(timeMs)?.[0] ?? 0) : 0;
      floats.set(timeMs, [before + own.values[i]!, own.startsMs?.[i] ?? 0]);
    });
    natives?.timesMs.forEach((timeMs, i) => {
      const before = isDelta ? histograms.get(timeMs)?.[0] : undefined;
      const value = natives.values[i]!;
      const sum = before === undefined ? value : addedHistograms(before, value).histogram;
      histograms.set(timeMs, [sum, natives.startsMs?.[i] ?? 0]);
    });
  }
  const byTime = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].sort(([a], [b]) => a - b);
  const numbers = byTime(floats);
  const natives = byTime(histograms);
  const ends = same.flatMap(({ staleMs }) => (staleMs === undefined ? [] : [...staleMs]));
  return {
    labels: same[0]!.labels,
    isDelta,
    ...(same[0]!.sharing !== undefined && { sharing: same[0]!.sharing }),
    floats: {
      timesMs: Float64Array.from(numbers, ([timeMs]) => timeMs),
      values: Float64Array.from(numbers, ([, [value]]) => value),
      startsMs: Float64Array.from(numbers, ([, [, startMs]]) => startMs),
    },
    histograms:
      natives.length === 0
        ? undefined
        : {
            timesMs: Float64Array.from(natives, ([timeMs]) => timeMs),
            values: natives.map(([, [value]]) => value),
            startsMs: Float64Array.from(natives, ([, [, startMs]]) => startMs),
          },
    staleMs: ends.length === 0 ? undefined : Float64Array.from(ends).sort(),
  };
}
