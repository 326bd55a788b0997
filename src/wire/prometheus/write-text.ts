import { goNumber, openMetricsNumber } from '#base';
import {
  type ExposedExemplar,
  type ExposedFamily,
  type ExposedSample,
  escapeHelp,
  escapeQuoted,
  isLegacyName,
  labelsText,
  quotedName,
} from './exposition.ts';

/** So much is handed over at a time, so that a large answer is never whole in memory and others get their turn. */
const PIECE_CHARS = 65_536;

/** How the two text formats differ (prometheus/common@v0.70.1 expfmt/text_create.go, openmetrics_create.go). */
interface Dialect {
  readonly isOpenMetrics: boolean;
  readonly number: (value: number) => string;
  /** Counts of histograms and summaries: whole numbers in OpenMetrics. */
  readonly count: (count: bigint) => string;
  readonly timestamp: (timestampMs: number) => string;
}

const TEXT: Dialect = {
  isOpenMetrics: false,
  number: goNumber,
  count: (count) => goNumber(Number(count)),
  timestamp: String,
};
const OPEN_METRICS: Dialect = {
  isOpenMetrics: true,
  number: openMetricsNumber,
  count: String,
  timestamp: (timestampMs) => openMetricsNumber(timestampMs / 1000),
};

/** The Prometheus text format 0.0.4, in pieces. */
export function* writePrometheusText(families: Iterable<ExposedFamily>): Generator<string> {
  yield* pieces(families, TEXT);
}

/** OpenMetrics 1.0, in pieces. Without `_created` lines, as otelcol leaves them out too. */
export function* writeOpenMetrics(families: Iterable<ExposedFamily>): Generator<string> {
  yield* pieces(families, OPEN_METRICS);
  yield '# EOF\n';
}

function* pieces(families: Iterable<ExposedFamily>, dialect: Dialect): Generator<string> {
  let piece = '';
  for (const family of families) {
    piece += head(family, dialect);
    const writer = new SampleWriter(family, dialect);
    for (const sample of family.samples) {
      piece += writer.lines(sample);
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

const TOTAL = '_total';

/** OpenMetrics names a counter without its suffix, and knows no counter without it. */
function head({ name, help, type }: ExposedFamily, { isOpenMetrics }: Dialect): string {
  if (!isOpenMetrics) {
    return `# HELP ${quotedName(name)} ${escapeHelp(help)}\n# TYPE ${quotedName(name)} ${type}\n`;
  }
  const isCounter = type === 'counter';
  const shown = quotedName(isCounter && name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name);
  const kind = type === 'untyped' || (isCounter && !name.endsWith(TOTAL)) ? 'unknown' : type;
  return `# HELP ${shown} ${escapeQuoted(help)}\n# TYPE ${shown} ${kind}\n`;
}

class SampleWriter {
  readonly #name: string;
  readonly #dialect: Dialect;
  /** Names that need quotes stand between the braces, before the labels. */
  readonly #isLegacy: boolean;

  constructor({ name }: ExposedFamily, dialect: Dialect) {
    this.#name = name;
    this.#dialect = dialect;
    this.#isLegacy = isLegacyName(name);
  }

  lines(sample: ExposedSample): string {
    const { summary, histogram } = sample;
    if (histogram !== undefined) return this.#histogramLines(sample, histogram);
    if (summary !== undefined) return this.#summaryLines(sample, summary);
    return this.#line('', sample, '', this.#dialect.number(sample.value), sample.exemplar);
  }

  #histogramLines(sample: ExposedSample, { buckets, count, sum }: NonNullable<ExposedSample['histogram']>): string {
    const { number, count: countText } = this.#dialect;
    let lines = '';
    let hasInfinity = false;
    for (const { upperBound, cumulativeCount, exemplar } of buckets) {
      const bound = `le="${number(upperBound)}"`;
      lines += this.#line('_bucket', sample, bound, countText(cumulativeCount), exemplar);
      hasInfinity ||= upperBound === Number.POSITIVE_INFINITY;
    }
    if (!hasInfinity) lines += this.#line('_bucket', sample, 'le="+Inf"', countText(count), undefined);
    return lines + this.#sumAndCount(sample, sum, count);
  }

  #summaryLines(sample: ExposedSample, { quantiles, count, sum }: NonNullable<ExposedSample['summary']>): string {
    const { number } = this.#dialect;
    let lines = '';
    for (const { quantile, value } of quantiles) {
      lines += this.#line('', sample, `quantile="${number(quantile)}"`, number(value), undefined);
    }
    return lines + this.#sumAndCount(sample, sum, count);
  }

  #sumAndCount(sample: ExposedSample, sum: number, count: bigint): string {
    const sumLine = this.#line('_sum', sample, '', this.#dialect.number(sum), undefined);
    return sumLine + this.#line('_count', sample, '', this.#dialect.count(count), undefined);
  }

  #line(
    suffix: string,
    { labels, timestampMs }: ExposedSample,
    extra: string,
    value: string,
    exemplar: ExposedExemplar | undefined,
  ): string {
    const name = this.#isLegacy ? this.#name + suffix : '';
    const quoted = this.#isLegacy ? '' : quotedName(this.#name + suffix);
    const text = labels.text;
    const inside = [quoted, text, extra].filter((part) => part !== '').join(',');
    const braces = inside === '' ? '' : `{${inside}}`;
    const time = timestampMs === undefined ? '' : ` ${this.#dialect.timestamp(timestampMs)}`;
    const mark =
      exemplar === undefined || exemplar.labels.length === 0 || !this.#dialect.isOpenMetrics
        ? ''
        : ` # {${labelsText(exemplar.labels)}} ${openMetricsNumber(exemplar.value)} ${openMetricsNumber(Number(exemplar.timeNs) / 1e9)}`;
    return `${name}${braces} ${value}${time}${mark}\n`;
  }
}
