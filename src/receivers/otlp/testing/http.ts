import { decodeStatus, type RpcStatus } from '#net';

export const PROTO: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE: Readonly<Record<string, string>> = { 'content-type': 'application/json' };

export function post(
  url: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = PROTO,
): Promise<Response> {
  return fetch(url, { method: 'POST', body: body as NonNullable<RequestInit['body']>, headers });
}

/** Sends the body in pieces without a length. */
export function postPieces(url: string, pieces: Iterable<Uint8Array>): Promise<Response> {
  const init = { method: 'POST', body: ReadableStream.from(pieces), headers: PROTO, duplex: 'half' };
  return fetch(url, init as unknown as RequestInit);
}

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

export async function statusOf(response: Response): Promise<RpcStatus> {
  return decodeStatus(await bytesOf(response))!;
}
