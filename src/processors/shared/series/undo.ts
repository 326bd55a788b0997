/** A series whose last point is replaced by each new one. */
export interface Replaceable<P> {
  point: P | undefined;
}

/**
 * What a batch changed, so that it can be taken back where the batch is refused: then nothing of it was consumed, and it may come again. What
 * another batch has changed since stays.
 */
export class Undo<P> {
  readonly #series: Replaceable<P>[] = [];
  readonly #before: (P | undefined)[] = [];
  readonly #after: P[] = [];

  replace(series: Replaceable<P>, point: P): void {
    this.#series.push(series);
    this.#before.push(series.point);
    this.#after.push(point);
    series.point = point;
  }

  takeBack(): void {
    for (let i = this.#series.length - 1; i >= 0; i--) {
      const series = this.#series[i]!;
      if (series.point === this.#after[i]) series.point = this.#before[i];
    }
  }
}
