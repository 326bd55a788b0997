/** A series whose last point is replaced by each new one. */
export interface Replaceable<P> {
  point: P | undefined;
}

/** Forgets a point that nobody looks at any more, whose series leaves the table. */
export function forget<P>(
  { point }: Replaceable<P>,
  table: { stateBytes: number },
  bytesOf: (point: P) => number,
): void {
  if (point !== undefined) table.stateBytes -= bytesOf(point);
}

/**
 * What a batch changed, so that it can be taken back where the batch is refused: then nothing of it was consumed, and it may come again. What
 * another batch has changed since stays.
 */
export class Undo<P> {
  readonly #table: { stateBytes: number };
  readonly #bytesOf: (point: P) => number;
  readonly #series: Replaceable<P>[] = [];
  readonly #before: (P | undefined)[] = [];
  readonly #after: P[] = [];

  /** `table` is told how much all points take, as `bytesOf` says of each. */
  constructor(table: { stateBytes: number }, bytesOf: (point: P) => number) {
    this.#table = table;
    this.#bytesOf = bytesOf;
  }

  replace(series: Replaceable<P>, point: P): void {
    this.#series.push(series);
    this.#before.push(series.point);
    this.#after.push(point);
    this.#set(series, point);
  }

  takeBack(): void {
    for (let i = this.#series.length - 1; i >= 0; i--) {
      const series = this.#series[i]!;
      if (series.point === this.#after[i]) this.#set(series, this.#before[i]);
    }
  }

  #set(series: Replaceable<P>, point: P | undefined): void {
    const { point: before } = series;
    this.#table.stateBytes +=
      (point === undefined ? 0 : this.#bytesOf(point)) - (before === undefined ? 0 : this.#bytesOf(before));
    series.point = point;
  }
}
