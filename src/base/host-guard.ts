import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/**
 * Which names a listener answers to. A web page can have its own name resolved to 127.0.0.1 once it is loaded (DNS rebinding); the browser
 * then takes what answers there for the page's own server. What it can't change is the name in `Host`.
 */
export interface HostGuardOptions {
  /** The listener's place, for the words of a refusal: `receivers::otlp::protocols::http`. */
  readonly listener: string;
  /** The host that it was told to listen on, which is a name of it too. */
  readonly ownHost?: string;
  /** What `--allowed-hosts` names; each must have passed `isHostPattern`. */
  readonly allowed: readonly string[];
  /** Called for each refusal; `isFirst` for the first one of a name, of a limited number of names. */
  onRefused(message: string, isFirst: boolean): void;
}

/** After so many different names only their number grows. */
const NAMES_LIMIT = 64;
const NAME_LENGTH_LIMIT = 80;
const PATTERN = /^(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])$/i;
const HOST_HEADER = /^(\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/;
const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/;
const LOOPBACK_4 = /^127(\.\d{1,3}){3}$/;

/** A name, an address, `*.name` for all below a name, or `*` for any. */
export function isHostPattern(text: string): boolean {
  return PATTERN.test(text);
}

export class HostGuard {
  readonly #options: HostGuardOptions;
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #refusedNames = new Set<string>();
  readonly #allowsAny: boolean;
  #isOnLoopback = true;
  /** The last `Host` that was right, as it came: most clients of a listener send the same. */
  #lastRight: string | undefined;

  constructor(options: HostGuardOptions) {
    this.#options = options;
    this.#allowsAny = options.allowed.includes('*');
    for (const pattern of options.allowed) {
      const name = pattern.toLowerCase();
      if (name.startsWith('*.')) this.#suffixes.push(name.slice(1));
      else this.#names.add(name);
    }
    const own = options.ownHost?.toLowerCase() ?? '';
    if (own !== '') this.#names.add(own.includes(':') && !own.startsWith('[') ? `[${own}]` : own);
  }

  /**
   * Takes the address that the listener was given by the system, once it is known; a path is no address. Until then the guard is as strict
   * as on loopback.
   */
  listensOn(address: string | { readonly address: string } | null): void {
    this.#isOnLoopback = typeof address === 'object' && address !== null && isLoopbackAddress(address.address);
    this.#lastRight = undefined;
  }

  /** Why a request with this `Host` is refused; undefined where it is answered. Only old HTTP, which no browser speaks, comes without. */
  refusal(host: string | undefined): string | undefined {
    if (host === undefined || host === this.#lastRight) return undefined;
    const name = HOST_HEADER.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
    if (name !== undefined && this.#answersTo(name)) {
      this.#lastRight = host;
      return undefined;
    }
    const message = this.#words(name ?? host);
    this.#options.onRefused(message, this.#isFirst(name ?? host));
    return message;
  }

  /** Notes a request with more than one `Host`, and says why it is refused. */
  repeated(): string {
    const message = `${this.#options.listener}: a request names its host once, and this one has Host twice`;
    this.#options.onRefused(message, this.#isFirst('Host twice'));
    return message;
  }

  #answersTo(name: string): boolean {
    if (this.#allowsAny || isLoopbackName(name) || this.#names.has(name)) return true;
    if (this.#suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length)) return true;
    if (this.#isOnLoopback) return false;
    // Others reach it anyway, and an address in Host was not made by a name server.
    return this.#options.allowed.length === 0 || IP_ADDRESS.test(name);
  }

  #isFirst(name: string): boolean {
    if (this.#refusedNames.has(name) || this.#refusedNames.size >= NAMES_LIMIT) return false;
    this.#refusedNames.add(name);
    return true;
  }

  #words(name: string): string {
    const { listener } = this.#options;
    const shown = name.slice(0, NAME_LENGTH_LIMIT).replace(/[^\x21-\x7e]/g, '?');
    const answers = this.#isOnLoopback ? 'names of this machine such as localhost' : 'addresses';
    const cure = isHostPattern(name) ? `; to allow it: --allowed-hosts ${shown}, or SIGNALBOX_ALLOWED_HOSTS` : '';
    return `${listener}: the name "${shown}" in Host is not answered here, only ${answers} and what --allowed-hosts lists${cure}`;
  }
}

/** `localhost` and all below it mean this machine (RFC 6761 §6.3), as 127.0.0.0/8 and ::1 do. */
function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || LOOPBACK_4.test(name);
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || LOOPBACK_4.test(address.replace(/^::ffff:/, ''));
}

export interface HostRefusal {
  /** 400 where the request doesn't say one name, 403 where the name is none of the listener's. */
  readonly status: 400 | 403;
  readonly message: string;
}

/**
 * Why a request is refused for its `Host`; undefined where it is answered. One with two of them is broken (RFC 9112 §3.2, RFC 9113 §8.3.1): what
 * stands in between may have judged the other one. `rawHeaders` are names and values by turns.
 */
export function hostRefusal(
  guard: HostGuard,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[] = [],
): HostRefusal | undefined {
  const { ':authority': authority, host } = headers;
  if (countHosts(rawHeaders) > 1 || (authority !== undefined && host !== undefined && authority !== host))
    return { status: 400, message: guard.repeated() };
  const message = guard.refusal((authority as string | undefined) ?? host);
  return message === undefined ? undefined : { status: 403, message };
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

/** Answers a request that is refused for its `Host`, with words. Returns whether it did. */
export function refuseHost(guard: HostGuard, request: IncomingMessage, response: ServerResponse): boolean {
  const refusal = hostRefusal(guard, request.headers, request.rawHeaders);
  if (refusal === undefined) return false;
  response.writeHead(refusal.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(refusal.message) + 1,
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`${refusal.message}\n`);
  return true;
}
