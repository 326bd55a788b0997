import { after } from '#base';
import { Busy } from './busy.ts';

/** A body that announces more than this part of the limit is let in only with all of its bytes: 16 MiB of 256. */
const LARGE_SHARE = 1 / 16;
/** Then its client is told to come again. */
const WAIT_LIMIT_MS = 5000;
/** A body that has a place, and of which nothing comes for so long, loses it to those that wait; what came of it still counts elsewhere. */
const SILENT_LIMIT_MS = 2000;
const CHECK_MS = 250;
/** While a body is collected it takes a quarter more than its length: see BodyBuffer. */
const PEAK_PER_BYTE = 1.25;

interface Waiter {
  readonly place: LargePlace;
  readonly dueMs: number;
  readonly resolve: (place: LargePlace) => void;
  readonly reject: (error: Busy) => void;
}

/** The right of a large body to be read. */
export class LargePlace {
  /** What it takes of the limit. */
  readonly bytes: number;
  lastMs: number = performance.now();
  readonly #leave: (place: LargePlace) => void;

  constructor(bytes: number, leave: (place: LargePlace) => void) {
    this.bytes = bytes;
    this.#leave = leave;
  }

  /** Something of the body came. */
  touch(): void {
    this.lastMs = performance.now();
  }

  /** All of it came: the place stays until `leave`. */
  complete(): void {
    this.lastMs = Number.POSITIVE_INFINITY;
  }

  /** The body is out of the memory, or won't come. May be called more than once. */
  leave(): void {
    this.#leave(this);
  }
}

/**
 * Lets large bodies in only as many as fit into the memory together, in the order of their coming; the others wait in front, unread, which
 * their clients notice as a slow connection. Fifty clients that begin with 60 MB each would otherwise share the memory out among beginnings
 * of bodies until nobody gets further, and all of them would be refused with their work thrown away.
 */
export class LargeBodies {
  readonly #limitBytes: number;
  readonly #inside = new Set<LargePlace>();
  readonly #waiting: Waiter[] = [];
  #insideBytes = 0;
  #isChecking = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Resolves when the body may be read, at once with undefined where it is a small one. Rejects with Busy where that takes too long. */
  enter(announcedBytes: number): Promise<LargePlace | undefined> | undefined {
    if (!(announcedBytes > this.#limitBytes * LARGE_SHARE)) return undefined;
    const place = new LargePlace(announcedBytes * PEAK_PER_BYTE, (left) => this.#leave(left));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ place, dueMs: performance.now() + WAIT_LIMIT_MS, resolve, reject });
      this.#serve();
      if (this.#waiting.length > 0) this.#checkLater();
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#inside.size > 0 && this.#insideBytes + next.place.bytes > this.#limitBytes) return;
      this.#waiting.shift();
      this.#inside.add(next.place);
      this.#insideBytes += next.place.bytes;
      next.place.touch();
      next.resolve(next.place);
    }
  }

  #leave(place: LargePlace): void {
    const at = this.#waiting.findIndex((waiter) => waiter.place === place);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (!this.#inside.delete(place)) return;
    this.#insideBytes -= place.bytes;
    this.#serve();
  }

  #checkLater(): void {
    if (this.#isChecking) return;
    this.#isChecking = true;
    after(CHECK_MS, () => {
      this.#isChecking = false;
      const nowMs = performance.now();
      for (const place of [...this.#inside]) if (nowMs - place.lastMs > SILENT_LIMIT_MS) this.#leave(place);
      while (this.#waiting.length > 0 && this.#waiting[0]!.dueMs <= nowMs) this.#waiting.shift()!.reject(new Busy());
      if (this.#waiting.length > 0) this.#checkLater();
    });
  }
}
