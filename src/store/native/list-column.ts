import type { BlockSink } from './columns.ts';
import { WordColumn } from './word-column.ts';

/** A column that is a list of 64-bit values per row. Add to `elements`, then end the row. */
export class ListColumn {
  readonly elements: WordColumn = new WordColumn();
  readonly #ends = new WordColumn();

  reset(): void {
    this.elements.reset();
    this.#ends.reset();
  }

  endRow(): void {
    this.#ends.push(this.elements.count, 0);
  }

  /** Appends the 64-bit values in the `length` bytes at `at`. */
  addBytes(view: DataView, at: number, length: number): void {
    let out = this.elements.takeValues(length >>> 3);
    const { words } = this.elements;
    for (const end = at + length; at < end; at += 4) words[out++] = view.getUint32(at, true);
  }

  /** A column that is left out has no elements in any row. */
  writeUnlessEmpty(sink: BlockSink, name: string, type: string): void {
    if (this.elements.length > 0) this.write(sink, name, type);
  }

  write(sink: BlockSink, name: string, type: string): void {
    sink.column(name, `Array(${type})`);
    sink.refer(this.#ends);
    sink.refer(this.elements);
  }
}
