/** What a target says of a family of metrics. */
export interface FamilyMetadata {
  /** `counter`, `gauge`, `histogram`, `gaugehistogram`, `summary`, `info`, `stateset`, `unknown`. */
  type: string;
  help: string;
  unit: string;
}

/** Where the metadata of a metric was found: `family` is what the metric is called in OTLP. */
export interface FoundMetadata {
  readonly metadata: FamilyMetadata;
  readonly family: string;
  /** The name that the target has given the metadata. */
  readonly source: string;
}

/** Of what each scrape says of itself. */
const OF_SCRAPES: ReadonlyMap<string, FamilyMetadata> = new Map(
  (
    [
      ['up', 'The scraping was successful', ''],
      ['scrape_duration_seconds', 'Duration of the scrape', 'seconds'],
      ['scrape_samples_scraped', 'The number of samples the target exposed', ''],
      ['scrape_series_added', 'The approximate number of new series in this scrape', ''],
      [
        'scrape_samples_post_metric_relabeling',
        'The number of samples remaining after metric relabeling was applied',
        '',
      ],
    ] as const
  ).map(([name, help, unit]) => [name, { type: 'gauge', help, unit }]),
);

const SUFFIXES = ['_bucket', '_count', '_sum', '_total', '_info', '_created'];

/** Without the ending that a part of a family has. */
function normalized(name: string): string {
  for (const suffix of SUFFIXES) {
    if (name.endsWith(suffix) && name !== suffix) return name.slice(0, -suffix.length);
  }
  return name;
}

/** The metadata of a metric, by its own name or by that of its family (prometheusreceiver@v0.165.1 internal/metadata.go). */
export function findMetadata(name: string, store: ReadonlyMap<string, FamilyMetadata>): FoundMetadata {
  const own = OF_SCRAPES.get(name) ?? store.get(name);
  if (own !== undefined) return { metadata: own, family: name, source: name };
  const source = normalized(name);
  const metadata = source === name ? undefined : store.get(source);
  if (metadata === undefined) return { metadata: { type: 'unknown', help: '', unit: '' }, family: name, source: name };
  if (metadata.type !== 'counter') return { metadata, family: source, source };
  return { metadata, family: name.endsWith('_created') ? `${source}_total` : name, source };
}

/** Units in Prometheus' words; the others stay as they are (contrib pkg/translator/prometheus@v0.161.0 unit_to_ucum.go). */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['days', 'd'],
  ['hours', 'h'],
  ['minutes', 'min'],
  ['seconds', 's'],
  ['milliseconds', 'ms'],
  ['microseconds', 'us'],
  ['nanoseconds', 'ns'],
  ['bytes', 'By'],
  ['kibibytes', 'KiBy'],
  ['mebibytes', 'MiBy'],
  ['gibibytes', 'GiBy'],
  ['tibibytes', 'TiBy'],
  ['kilobytes', 'KBy'],
  ['megabytes', 'MBy'],
  ['gigabytes', 'GBy'],
  ['terabytes', 'TBy'],
  ['meters', 'm'],
  ['volts', 'V'],
  ['amperes', 'A'],
  ['joules', 'J'],
  ['watts', 'W'],
  ['grams', 'g'],
  ['celsius', 'Cel'],
  ['hertz', 'Hz'],
  ['ratio', '1'],
  ['percent', '%'],
]);
const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['second', 's'],
  ['minute', 'm'],
  ['hour', 'h'],
  ['day', 'd'],
  ['week', 'w'],
  ['month', 'mo'],
  ['year', 'y'],
]);

/** `bytes_per_second` is `By/s`. */
export function ucumUnit(word: string): string {
  const at = word.indexOf('_per_');
  const main = at < 0 ? word : word.slice(0, at);
  const per = at < 0 ? '' : word.slice(at + 5);
  return (UNITS.get(main) ?? main) + (per === '' ? '' : `/${PER_UNITS.get(per) ?? per}`);
}

/** A name without what says the type and the unit, as `trim_metric_suffixes` wants it. */
export function withoutSuffixes(name: string, isSum: boolean, unit: string): string {
  let tokens = name.split('_');
  if (tokens.length === 1) return name;
  if (isSum && tokens.at(-1) === 'total') tokens = tokens.slice(0, -1);
  const units = unit.split('_');
  if (tokens.length > units.length && units.every((word, i) => tokens[tokens.length - units.length + i] === word)) {
    tokens = tokens.slice(0, -units.length);
  }
  return tokens.join('_');
}
