import { equalAt, type KeyBytes } from '#base';
import {
  type AnyValue,
  type AttributePicker,
  anyValueAt,
  attributeKey,
  type SpanChunk,
  STATUS_ERROR,
  VALUE_ABSENT,
  VALUE_STRING,
  WantedKeys,
  writeValueText,
} from '#pdata';

export const HTTP_SERVER_DURATION = 'http.server.request.duration';

/** What others are reported as `_OTHER` beside (semantic conventions, `http.request.method`). */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'].map(
  (text) => ({
    text,
    bytes: new TextEncoder().encode(text),
  }),
);
const OTHER = '_OTHER';

/** The attributes that are copied, each with the older names that spans may have instead. */
const COPIED: readonly (readonly [string, ...string[]])[] = [
  ['http.response.status_code', 'http.status_code'],
  ['http.route'],
  ['url.scheme', 'http.scheme'],
  ['network.protocol.name', 'net.protocol.name'],
  ['network.protocol.version', 'net.protocol.version', 'http.flavor'],
  ['error.type'],
];

/**
 * The attributes of `http.server.request.duration`, from a server's span, in today's names (OpenTelemetry semantic conventions 1.38, HTTP
 * metrics). Read one span, then ask.
 */
export class HttpServerAttributes {
  readonly #picker: AttributePicker;
  readonly #methods: readonly number[];
  readonly #copied: readonly (readonly number[])[];
  #arena: Uint8Array = new Uint8Array(0);

  constructor() {
    const wanted = new WantedKeys();
    this.#methods = ['http.request.method', 'http.method'].map((name) => wanted.slotOf(attributeKey(name)));
    this.#copied = COPIED.map((names) => names.map((name) => wanted.slotOf(attributeKey(name))));
    this.#picker = wanted.picker();
  }

  /** Reads a server's span; whether it is of an HTTP request. */
  read(chunk: SpanChunk, row: number): boolean {
    this.#arena = chunk.arena;
    chunk.pickAttributes(row, this.#picker);
    return this.#found(this.#methods) >= 0;
  }

  writeKey(statusCode: number, key: KeyBytes): void {
    const picker = this.#picker;
    key.number(this.#method() | (statusCode === STATUS_ERROR ? 0x100 : 0));
    for (let index = 0; index < this.#copied.length; index++) {
      const slot = this.#found(this.#copied[index]!);
      if (slot < 0) continue;
      key.number(index);
      writeValueText(key, this.#arena, picker.type[slot]!, picker.at[slot]!, picker.length[slot]!);
    }
  }

  /** For a new series. */
  attributes(statusCode: number): Map<string, AnyValue> {
    const attributes = new Map<string, AnyValue>([['http.request.method', METHODS[this.#method()]?.text ?? OTHER]]);
    for (const [index, slots] of this.#copied.entries()) {
      const value = this.#valueOf(slots);
      if (value !== undefined) attributes.set(COPIED[index]![0], value);
    }
    if (attributes.has('error.type')) return attributes;
    const status = Number(attributes.get('http.response.status_code') ?? 0);
    if (status >= 500) attributes.set('error.type', String(status));
    else if (statusCode === STATUS_ERROR) attributes.set('error.type', OTHER);
    return attributes;
  }

  #valueOf(slots: readonly number[]): AnyValue | undefined {
    const { type, at, length } = this.#picker;
    const slot = this.#found(slots);
    return slot < 0 ? undefined : anyValueAt(this.#arena, type[slot]!, at[slot]!, length[slot]!);
  }

  /** Its place among METHODS; behind them for any other. */
  #method(): number {
    const picker = this.#picker;
    const slot = this.#found(this.#methods);
    if (picker.type[slot] !== VALUE_STRING) return METHODS.length;
    const length = picker.length[slot]!;
    for (let index = 0; index < METHODS.length; index++) {
      const { bytes } = METHODS[index]!;
      if (bytes.length === length && equalAt(this.#arena, picker.at[slot]!, bytes, 0, length)) return index;
    }
    return METHODS.length;
  }

  /** The first of the slots that has something, or -1. */
  #found(slots: readonly number[]): number {
    for (let i = 0; i < slots.length; i++) if (this.#picker.type[slots[i]!] !== VALUE_ABSENT) return slots[i]!;
    return -1;
  }
}
