/**
 * Who asks, and whose data they may see. Two hooks decide it for every request of every API, before its body is read. They come with the
 * server's options; without them the server is open to whoever reaches its address (on loopback: this machine, see #base/host-guard.ts), and
 * there is one tenant, which has no name.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** A request as far as it is known before its body is read. */
export interface Asking {
  /** The name of the API's plugin. */
  readonly api: string;
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
}

/** Who asks. */
export interface Principal {
  /** For people and logs; empty where nobody asked for a name. */
  readonly name: string;
}

/** Why a request is not answered. The API says it in its own form. */
export class Refusal {
  /** 401: nobody known; 403: somebody known, who may not. */
  readonly status: 401 | 403;
  readonly message: string;
  /** For 401, the header `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  constructor(status: 401 | 403, message: string, challenge?: string) {
    this.status = status;
    this.message = message;
    this.challenge = challenge;
  }
}

export interface Access {
  authenticate(asking: Asking): Principal | Refusal | Promise<Principal | Refusal>;
  /** The tenant whose rows the request reads. All statements of the request are sent for it and for no other. */
  tenantOf(asking: Asking, principal: Principal): string | Refusal | Promise<string | Refusal>;
}

const ANYBODY: Principal = { name: '' };

export const OPEN_ACCESS: Access = { authenticate: () => ANYBODY, tenantOf: () => '' };
