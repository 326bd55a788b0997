import { readFile } from 'node:fs/promises';
import { messageOf, StartError } from '#base';
import type { Secret } from '#config';

/** So long a file is believed before it is read again: credentials are rotated, and requests are many. */
const FRESH_MS = 1000;

/** A text that stands in the configuration, or in a file that may change while the collector runs. */
export class Credential {
  readonly #text: string;
  readonly #file: string;
  readonly #nowMs: () => number;
  #read = '';
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** The file goes before the text; '' for none. */
  constructor(text: Secret | string | undefined, file: string, nowMs: () => number) {
    this.#text = text === undefined || typeof text === 'string' ? (text ?? '') : text.reveal();
    this.#file = file;
    this.#nowMs = nowMs;
  }

  /** Reads the file once, so that one that isn't there is told at the start. `key` says where it stands. */
  async start(key: string): Promise<void> {
    try {
      await this.value();
    } catch (error) {
      throw new StartError(`${key}: ${messageOf(error)}`, undefined, { cause: error });
    }
  }

  /** Without space around it. A file that can't be read just now leaves what was read before. */
  async value(): Promise<string> {
    if (this.#file === '') return this.#text;
    if (this.#nowMs() - this.#readAtMs < FRESH_MS) return this.#read;
    try {
      this.#read = (await readFile(this.#file, 'utf8')).trim();
      this.#readAtMs = this.#nowMs();
    } catch (error) {
      if (this.#readAtMs === Number.NEGATIVE_INFINITY) throw error;
    }
    return this.#read;
  }
}
