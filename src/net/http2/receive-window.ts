/** How much a peer may send before it hears from us. What was dealt with is given back in large pieces, so that few frames say so. */
export class ReceiveWindow {
  readonly #sizeBytes: number;
  #leftBytes: number;
  #doneBytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#leftBytes = sizeBytes;
  }

  /** So many bytes have come. False where they are more than the peer might send. */
  take(bytes: number): boolean {
    this.#leftBytes -= bytes;
    return this.#leftBytes >= 0;
  }

  /** So many bytes were dealt with. Returns by how much the peer is to be told that its window grows, 0 for not now. */
  giveBack(bytes: number): number {
    this.#doneBytes += bytes;
    if (this.#doneBytes * 2 < this.#sizeBytes) return 0;
    const grown = this.#doneBytes;
    this.#leftBytes += grown;
    this.#doneBytes = 0;
    return grown;
  }
}
