import { printFixed, printGoFloat } from '#lang/promql';

/** Go's strconv.ParseFloat for what labels hold; undefined for what is no number. */
export function readFloat(text: string): number | undefined {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** As OpenMetrics writes bounds and quantiles: `1.0`, `0.5`, `1e+06`. */
export function printOpenMetricsFloat(value: number): string {
  if (!Number.isFinite(value)) return printFixed(value);
  const text = printGoFloat(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
