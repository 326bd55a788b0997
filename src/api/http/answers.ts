/** What a route answers, where it is not an object that becomes JSON. */

export const JSON_TYPE = 'application/json; charset=utf-8';
export const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8';

export class TextAnswer {
  readonly type: string;
  readonly text: string;
  constructor(type: string, text: string) {
    this.type = type;
    this.text = text;
  }
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

export type Answer = object | TextAnswer | StreamedAnswer;

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
