import type { AuthAttributes } from './authenticate.ts';
import type { Http2Headers } from './http2/index.ts';
import type { RpcStatus } from './status.ts';

/** A call with one request as its handler sees it. */
export interface GrpcCall {
  /** Request headers, in lower case; metadata and pseudo-headers together. */
  readonly headers: Http2Headers;
  /** `host:port` of the client. */
  readonly peer: string;
  /** What an authenticator says of the client; undefined where none is asked. */
  readonly auth?: AuthAttributes | undefined;
  /** The client has gone, or cancelled the call. */
  readonly abort: AbortSignal;
}

/**
 * One message, a status instead of it, or messages as they come, with the status at their end. The next of them is asked for once the client has
 * room for it. They must end soon after `abort` of the call.
 */
export type GrpcAnswer =
  | { readonly message: Uint8Array }
  | { readonly status: RpcStatus }
  | { readonly messages: AsyncGenerator<Uint8Array, RpcStatus> };
export type GrpcHandler = (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>;
