import { type Cell, type DataField, type DataFrame, displayNameOf, timeFieldOf } from '../frames/data-frame.ts';
import { type JsonObject, numberOf } from '../json.ts';

const DEFAULT_RESOLUTION = 100;
const MOST_RESOLUTION = 1_000;
/** A wider window would leave nothing of what deviates. */
const WIDEST_SHARE = 10;

/**
 * `smoothing`: each series as moving averages that are as smooth as they can be and yet keep what deviates (ASAP: K. Rong, P. Bailis, "Prioritizing Attention
 * via Time Series Smoothing", VLDB 2017). First as many points as `resolution` says, 100 by default, are made of the series; then that window is taken whose
 * averages have the least roughness, which is how much their steps differ, among those whose kurtosis is that of the series or more. All windows are
 * tried, where the paper looks at those of the peaks of the autocorrelation. Values that are no numbers don't count.
 */
export function smoothingFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const asked = Math.round(numberOf(options.resolution) ?? DEFAULT_RESOLUTION);
  const resolution = Math.min(MOST_RESOLUTION, Math.max(3, asked));
  return frames.flatMap((frame) => {
    const time = timeFieldOf(frame);
    const series = frame.fields.filter(({ type }) => type === 'number');
    if (time === undefined || series.length === 0) return [frame];
    return series.map((field) => {
      const { times, values } = smoothed(pointsOf(time, field), resolution);
      const config = { ...field.config, displayName: displayNameOf(field, frame, frames) };
      const fields = [
        { ...time, values: times as readonly Cell[] },
        { ...field, config, values: values as readonly Cell[] },
      ];
      return { ...frame, fields, length: times.length };
    });
  });
}

interface Points {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

function pointsOf(time: DataField, { values }: DataField): Points {
  const known = values.flatMap((value, index) => {
    const at = time.values[index];
    return typeof value === 'number' && Number.isFinite(value) && typeof at === 'number' ? [{ at, value }] : [];
  });
  return { times: known.map(({ at }) => at), values: known.map(({ value }) => value) };
}

function smoothed(points: Points, resolution: number): Points {
  const share = Math.max(1, Math.floor(points.values.length / resolution));
  const coarse = share === 1 ? points : averaged(points, share, share);
  const needed = kurtosis(coarse.values);
  let best = { points: coarse, roughness: roughness(coarse.values) };
  for (let window = 2; window <= coarse.values.length / WIDEST_SHARE; window++) {
    const candidate = averaged(coarse, window, 1);
    const rough = roughness(candidate.values);
    if (rough < best.roughness && kurtosis(candidate.values) >= needed) best = { points: candidate, roughness: rough };
  }
  return best.points;
}

/** Of `window` points each, beginning every `slide` points. Times are averages, too. */
function averaged({ times, values }: Points, window: number, slide: number): Points {
  const made: { times: number[]; values: number[] } = { times: [], values: [] };
  for (let from = 0; from + window <= values.length; from += slide) {
    let [time, value] = [0, 0];
    for (let at = from; at < from + window; at++) {
      // From the first, since times are too large for a sum.
      time += times[at]! - times[from]!;
      value += values[at]!;
    }
    made.times.push(times[from]! + time / window);
    made.values.push(value / window);
  }
  return made;
}

/** The standard deviation of the steps from point to point. */
function roughness(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => value - values[index]!);
  return steps.length === 0 ? 0 : Math.sqrt(moment(steps, 2));
}

/** How much of the variance comes from few that are far off; 0 where nothing varies. */
function kurtosis(values: readonly number[]): number {
  const variance = moment(values, 2);
  return variance === 0 ? 0 : moment(values, 4) / variance ** 2;
}

/** Around the mean. */
function moment(values: readonly number[], order: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** order, 0) / values.length;
}
