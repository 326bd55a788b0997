/** What a route answers, where it is not an object that becomes JSON. */

export const JSON_TYPE = 'application/json; charset=utf-8';
export const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8';

/** An answer that is sent as it is. */
export class TextAnswer {
  readonly type: string;
  readonly text: string | Uint8Array;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(type: string, text: string | Uint8Array, { status = 200, headers = {} }: AnswerHead = {}) {
    this.type = type;
    this.text = text;
    this.status = status;
    this.headers = headers;
  }
}

export interface AnswerHead {
  /** Default 200. With 204 there is neither body nor type. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An answer that may be large, as pieces of text: each is made when the client has taken those before it. What fails before the first piece
 * is an answer of its own; what fails later breaks the connection off, so that nobody takes what came for all of it.
 */
export class StreamedAnswer {
  readonly type: string;
  readonly pieces: AsyncIterable<string> | Iterable<string>;
  /** Each piece is sent when it is there: the next may be long in coming. */
  readonly isLive: boolean;
  constructor(type: string, pieces: StreamedAnswer['pieces'], { isLive = false }: { readonly isLive?: boolean } = {}) {
    this.type = type;
    this.pieces = pieces;
    this.isLive = isLive;
  }
}

/**
 * Messages on a websocket, each a text; `undefined` says that there is nothing new and the answer goes on. The next is asked for when the client
 * has taken the one before. Who asks without a websocket is told so.
 */
export class SocketAnswer {
  readonly messages: AsyncIterable<string | undefined>;
  constructor(messages: SocketAnswer['messages']) {
    this.messages = messages;
  }
}

export type Answer = object | TextAnswer | StreamedAnswer | SocketAnswer;

/** Pieces of a JSON list, whose items are texts or pieces themselves. */
export function* listPieces(items: Iterable<string | Iterable<string>>): Generator<string> {
  let separator = '[';
  for (const item of items) {
    yield separator;
    if (typeof item === 'string') yield item;
    else yield* item;
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}
