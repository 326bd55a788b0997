import { Labels } from '../../promql/labels.ts';

/** Set on a line that a stage could not work on, which is kept: Loki's `__error__` and its details. */
export const ERROR = '__error__';
export const ERROR_DETAILS = '__error_details__';

/** A line as it is stored. */
export interface StoredLine {
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly line: string;
  readonly stream: Labels;
  /** Structured metadata: what the record says besides its stream's labels. May be made when it is first asked for. */
  readonly structured: ReadonlyMap<string, string>;
  /** When it arrived, nanoseconds since the epoch: lines of one time are stored together. */
  readonly arrivedNs: bigint;
  /** Which one it is of those. */
  readonly record: number;
}

const NO_LINE: StoredLine = {
  timeNs: 0n,
  arrivedNs: 0n,
  record: 0,
  line: '',
  stream: Labels.NONE,
  structured: new Map(),
};

/**
 * A line on its way through a pipeline: its text, and its labels by where they come from. One object serves line after line.
 * What a stage takes out of the line does not change what the stream says: it gets a name with `_extracted` behind it.
 */
export class Entry {
  timeNs = 0n;
  line = '';
  /** A condition on `__error__` has asked for the line with its error: it counts in metrics. */
  isErrorWanted = false;
  #stored: StoredLine = NO_LINE;
  readonly #parsed = new Map<string, string>();
  /** Names of the stream or of structured metadata that are gone, or have another value by now. */
  readonly #hidden = new Set<string>();

  reset(stored: StoredLine): void {
    this.timeNs = stored.timeNs;
    this.line = stored.line;
    this.isErrorWanted = false;
    this.#stored = stored;
    this.#parsed.clear();
    this.#hidden.clear();
  }

  /** '' for a label that is not there. */
  get(name: string): string {
    const parsed = this.#parsed.get(name);
    if (parsed !== undefined) return parsed;
    return this.#hidden.has(name) ? '' : this.#value(name);
  }

  has(name: string): boolean {
    return this.#parsed.has(name) || (!this.#hidden.has(name) && this.#value(name) !== '');
  }

  #value(name: string): string {
    // No name is in both.
    const { stream } = this.#stored;
    return stream.get(name) || (this.#stored.structured.get(name) ?? '');
  }

  /** A value that was taken out of the line. The first under a name stays. */
  extract(name: string, value: string): void {
    const free = this.#value(name) === '' ? name : `${name}_extracted`;
    if (!this.#parsed.has(free)) this.#parsed.set(free, value);
  }

  /** A value in place of whatever stands under the name. */
  set(name: string, value: string): void {
    this.#hidden.add(name);
    this.#parsed.set(name, value);
  }

  /** An error goes with its details. */
  remove(name: string): void {
    this.#parsed.delete(name);
    this.#hidden.add(name);
    if (name === ERROR) this.remove(ERROR_DETAILS);
  }

  fail(error: string, details: string): void {
    this.set(ERROR, error);
    this.set(ERROR_DETAILS, details);
  }

  get hasFailed(): boolean {
    return this.get(ERROR) !== '';
  }

  /** Of all labels, the one that counts under each name. */
  *pairs(): Generator<readonly [name: string, value: string]> {
    const { stream, structured } = this.#stored;
    yield* this.#parsed;
    for (const [name, value] of structured) if (!this.#isHidden(name)) yield [name, value];
    for (const [name, value] of stream.pairs) if (!this.#isHidden(name)) yield [name, value];
  }

  #isHidden(name: string): boolean {
    return this.#hidden.has(name) || this.#parsed.has(name);
  }

  labels(): Labels {
    return Labels.of(this.pairs());
  }

  /** As answers have them: a stage may have left a label without a value. */
  shownLabels(): Labels {
    return Labels.shown([...this.pairs()].filter(([name, value]) => value !== '' || this.#parsed.has(name)));
  }

  /** The labels apart by where they come from, as clients ask for them by `categorize-labels`. */
  categories(): {
    readonly stream: Labels;
    readonly structured: Readonly<Record<string, string>>;
    readonly parsed: Readonly<Record<string, string>>;
  } {
    const stream = this.#stored.stream.keep((name) => !this.#isHidden(name));
    const structured = Object.fromEntries([...this.#stored.structured].filter(([name]) => !this.#isHidden(name)));
    return { stream, structured, parsed: Object.fromEntries(this.#parsed) };
  }
}
