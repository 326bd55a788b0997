/**
 * Doubly linked lists over small integers, in typed arrays: a member (a trace's slot) is in one list at most, and leaves it in constant
 * time. Used for order of arrival and for the slots of time.
 */
export class MemberLists {
  /** Per list, its ends; -1 where empty. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** Per member: its neighbours and its list; -1 for none. */
  #next: Int32Array;
  #previous: Int32Array;
  #list: Int32Array;

  constructor(listCount: number, capacity: number) {
    this.#first = new Int32Array(listCount).fill(-1);
    this.#last = new Int32Array(listCount).fill(-1);
    this.#next = new Int32Array(capacity).fill(-1);
    this.#previous = new Int32Array(capacity).fill(-1);
    this.#list = new Int32Array(capacity).fill(-1);
  }

  get capacity(): number {
    return this.#list.length;
  }

  get byteLength(): number {
    return this.#first.byteLength * 2 + this.#next.byteLength * 3;
  }

  grow(capacity: number): void {
    this.#next = enlarged(this.#next, capacity);
    this.#previous = enlarged(this.#previous, capacity);
    this.#list = enlarged(this.#list, capacity);
  }

  /** The oldest member of a list, or -1. */
  first(list: number): number {
    return this.#first[list]!;
  }

  /** The list that a member is in, or -1. */
  listOf(member: number): number {
    return this.#list[member]!;
  }

  append(list: number, member: number): void {
    const last = this.#last[list]!;
    this.#list[member] = list;
    this.#previous[member] = last;
    this.#next[member] = -1;
    if (last < 0) this.#first[list] = member;
    else this.#next[last] = member;
    this.#last[list] = member;
  }

  remove(member: number): void {
    const list = this.#list[member]!;
    if (list < 0) return;
    const next = this.#next[member]!;
    const previous = this.#previous[member]!;
    if (previous < 0) this.#first[list] = next;
    else this.#next[previous] = next;
    if (next < 0) this.#last[list] = previous;
    else this.#previous[next] = previous;
    this.#list[member] = -1;
  }

  move(member: number, list: number): void {
    this.remove(member);
    this.append(list, member);
  }
}

function enlarged(source: Int32Array, capacity: number): Int32Array {
  const target = new Int32Array(capacity).fill(-1);
  target.set(source);
  return target;
}
