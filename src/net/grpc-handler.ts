import type { IncomingHttpHeaders } from 'node:http2';
import type { AuthAttributes } from './authenticate.ts';
import type { RpcStatus } from './status.ts';

/** A unary call as its handler sees it. */
export interface GrpcCall {
  /** Request headers, in lower case; metadata and pseudo-headers together. */
  readonly headers: IncomingHttpHeaders;
  /** `host:port` of the client. */
  readonly peer: string;
  /** What an authenticator says of the client; undefined where none is asked. */
  readonly auth?: AuthAttributes | undefined;
  /** The client has gone, or cancelled the call. */
  readonly abort: AbortSignal;
}

export type GrpcAnswer = { readonly message: Uint8Array } | { readonly status: RpcStatus };
export type GrpcHandler = (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>;
