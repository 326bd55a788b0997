import type { HeadRanges } from '#pdata';

/** Collects, owner by owner, the ranges of a message's fields that are written back as they are. Neighbours are joined. */
export class HeadCollector {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];

  get ownerCount(): number {
    return this.#from.length;
  }

  /** Begins the next owner; returns its index. */
  open(): number {
    this.#from.push(this.#start.length);
    return this.#to.push(this.#start.length) - 1;
  }

  /** Adds a field, tag included, to the newest owner. */
  add(start: number, end: number): void {
    const owner = this.#from.length - 1;
    const last = this.#end.length - 1;
    if (this.#to[owner]! > this.#from[owner]! && this.#end[last] === start) this.#end[last] = end;
    else {
      this.#start.push(start);
      this.#end.push(end);
      this.#to[owner] = this.#start.length;
    }
  }

  finish(): HeadRanges {
    return {
      from: Uint32Array.from(this.#from),
      to: Uint32Array.from(this.#to),
      start: Uint32Array.from(this.#start),
      end: Uint32Array.from(this.#end),
    };
  }
}
