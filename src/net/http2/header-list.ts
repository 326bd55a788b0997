import type { IncomingHttpHeaders } from 'node:http';
import { FIELD_COST_BYTES, type FieldSink } from './header-decoder.ts';

/** What has come, names in lower case; what came twice is joined. */
export interface Http2Headers extends IncomingHttpHeaders {
  ':method'?: string;
  ':scheme'?: string;
  ':path'?: string;
  ':authority'?: string;
  ':status'?: string;
}

/** What a list of headers may count, each with FIELD_COST_BYTES: said in our settings. */
export const HEADER_LIST_LIMIT_BYTES: number = 64 * 1024;

/** What a list is of, which decides the pseudo fields that it must have. */
export type HeaderListKind = 'request' | 'response' | 'trailers';

const PSEUDO_NAMES: Readonly<Record<HeaderListKind, readonly string[]>> = {
  request: [':method', ':scheme', ':path', ':authority'],
  response: [':status'],
  trailers: [],
};
const REQUIRED_NAMES: Readonly<Record<HeaderListKind, readonly string[]>> = {
  request: [':method', ':scheme', ':path'],
  response: [':status'],
  trailers: [],
};
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const LENGTH = /^\d{1,15}$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
/** They are of HTTP/1.1, and a way to smuggle requests past whoever translates. */
const CONNECTION_NAMES: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Collects and judges the fields of one block (RFC 9113 §8.2 and §8.3). All are decoded, as the next block needs it; those beyond the limit are left out. */
export class HeaderList implements FieldSink {
  readonly headers: Http2Headers = Object.create(null) as Http2Headers;
  readonly #kind: HeaderListKind;
  #bytes = 0;
  #hasRegular = false;
  #fault: string | undefined;

  constructor(kind: HeaderListKind) {
    this.#kind = kind;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isTooLong(): boolean {
    return this.#bytes > HEADER_LIST_LIMIT_BYTES;
  }

  /** Why the list is malformed; undefined where it is not. */
  get fault(): string | undefined {
    if (this.#fault !== undefined || this.isTooLong) return this.#fault;
    const missing = REQUIRED_NAMES[this.#kind].find((name) => this.headers[name] === undefined);
    return missing === undefined ? undefined : `no ${missing}`;
  }

  add(name: string, value: string): void {
    this.#bytes += name.length + value.length + FIELD_COST_BYTES;
    if (this.isTooLong || this.#fault !== undefined) return;
    const known = this.headers[name];
    this.#fault = name.startsWith(':') ? this.#pseudoFault(name, known) : regularFault(name, value, known);
    if (BAD_VALUE.test(value)) this.#fault ??= `the value of ${name}`;
    if (this.#fault !== undefined) return;
    if (!name.startsWith(':')) this.#hasRegular = true;
    this.headers[name] = known === undefined ? value : `${known as string}${name === 'cookie' ? '; ' : ', '}${value}`;
  }

  #pseudoFault(name: string, known: unknown): string | undefined {
    if (!PSEUDO_NAMES[this.#kind].includes(name)) return `${name} in a ${this.#kind}`;
    if (this.#hasRegular) return `${name} behind other headers`;
    return known === undefined ? undefined : `${name} twice`;
  }
}

function regularFault(name: string, value: string, known: unknown): string | undefined {
  if (!NAME.test(name)) return 'the name of a header';
  if (CONNECTION_NAMES.has(name) || (name === 'te' && value !== 'trailers')) return `${name}, which is not of HTTP/2`;
  if (name === 'content-length' && (known !== undefined || !LENGTH.test(value))) return 'a length that is none';
  return undefined;
}
