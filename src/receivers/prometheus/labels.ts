import type { Label } from '#wire';
import { ScrapeLimit, type SeriesRules } from '#wire';
import type { LabelMap, Relabeler } from './relabel.ts';
import type { ScrapeConfigEntry } from './scrape-config.ts';

export type LabelPair = Label;

/** What becomes of the labels of a target's samples: its own labels, the rules of its job, the limits. */
export class SampleLabels implements SeriesRules {
  readonly #job: ScrapeConfigEntry;
  readonly #relabeler: Relabeler;
  readonly #external: ReadonlyMap<string, string>;
  readonly #target: readonly LabelPair[];

  constructor(
    job: ScrapeConfigEntry,
    relabeler: Relabeler,
    external: ReadonlyMap<string, string>,
    target: readonly LabelPair[],
  ) {
    this.#job = job;
    this.#relabeler = relabeler;
    this.#external = external;
    this.#target = target;
  }

  resolve(pairs: readonly LabelPair[]): readonly LabelPair[] | undefined {
    const labels: LabelMap = new Map();
    for (const [name, value] of pairs) {
      if (labels.has(name)) throw new ScrapeLimit(`invalid sample: non-unique label names: "${name}"`);
      labels.set(name, value);
    }
    this.#addTarget(labels);
    for (const [name, value] of labels) if (value === '') labels.delete(name);
    if (!this.#relabeler.isEmpty) {
      if (!this.#relabeler.apply(labels)) return undefined;
      if ((labels.get('__name__') ?? '') === '')
        throw new ScrapeLimit('metric name was dropped by metric_relabel_configs');
    }
    this.#check(labels);
    for (const [name, value] of this.#external) labels.set(name, value);
    return [...labels].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Of samples that the receiver makes itself: nothing changes them. */
  ofScrape(name: string): readonly LabelPair[] {
    const labels = new Map<string, string>([...this.#target, ['__name__', name], ...this.#external]);
    return [...labels].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  #addTarget(labels: LabelMap): void {
    if (this.#job.honorsLabels) {
      for (const [name, value] of this.#target) if (!labels.has(name)) labels.set(name, value);
      return;
    }
    for (const [name, value] of this.#target) {
      const before = labels.get(name);
      labels.set(name, value);
      if (before === undefined || before === '') continue;
      let renamed = `exported_${name}`;
      while (labels.has(renamed) || this.#target.some(([own]) => own === renamed)) renamed = `exported_${renamed}`;
      labels.set(renamed, before);
    }
  }

  #check(labels: LabelMap): void {
    const { labelLimit, labelNameLengthLimit, labelValueLengthLimit, validation } = this.#job;
    if (labelLimit > 0 && labels.size > labelLimit) {
      throw new ScrapeLimit(
        `label_limit exceeded (metric: "${labels.get('__name__')}", number of labels: ${labels.size}, limit: ${labelLimit})`,
      );
    }
    for (const [name, value] of labels) {
      if (validation === 'legacy' && !(name === '__name__' ? LEGACY_NAME.test(value) : LEGACY_LABEL.test(name))) {
        throw new ScrapeLimit(`invalid metric name or label names: "${name === '__name__' ? value : name}"`);
      }
      if (labelNameLengthLimit > 0 && Buffer.byteLength(name) > labelNameLengthLimit) {
        throw new ScrapeLimit(`label_name_length_limit exceeded (label: "${name}", limit: ${labelNameLengthLimit})`);
      }
      if (labelValueLengthLimit > 0 && Buffer.byteLength(value) > labelValueLengthLimit) {
        throw new ScrapeLimit(`label_value_length_limit exceeded (label: "${name}", limit: ${labelValueLengthLimit})`);
      }
    }
  }
}

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
