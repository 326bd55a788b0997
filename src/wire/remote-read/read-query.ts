import { DecodeError } from '#base';
import { ProtoReader } from '../proto-reader.ts';

/** Which series, and from when to when, a client of remote read wants. */
export interface ReadQuery {
  /** Milliseconds since the epoch, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly ReadMatcher[];
}
export interface ReadMatcher {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;
/** More questions at once, or conditions of one, nobody has. */
const MAX_QUERIES = 100;
const MAX_MATCHERS = 1000;

/** The queries of a prometheus.ReadRequest (prompb/remote.proto). Throws a DecodeError. */
export function readReadRequest(body: Uint8Array): ReadQuery[] {
  const queries: ReadQuery[] = [];
  const request = new ProtoReader(body);
  while (request.next()) {
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    if (queries.length >= MAX_QUERIES) throw new DecodeError(`more than ${MAX_QUERIES} queries in one request`);
    queries.push(readQuery(request.message()));
  }
  return queries;
}

function readQuery(message: ProtoReader): ReadQuery {
  let startMs = 0;
  let endMs = 0;
  const matchers: ReadMatcher[] = [];
  while (message.next()) {
    if (message.field === 1) startMs = message.int();
    else if (message.field === 2) endMs = message.int();
    else if (message.field === 3) {
      if (matchers.length >= MAX_MATCHERS) throw new DecodeError(`more than ${MAX_MATCHERS} matchers in one query`);
      matchers.push(readMatcher(message.message()));
    } else message.skip();
  }
  return { startMs, endMs, matchers };
}

function readMatcher(message: ProtoReader): ReadMatcher {
  let type = 0;
  let name = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) type = message.uint32();
    else if (message.field === 2) name = message.text();
    else if (message.field === 3) value = message.text();
    else message.skip();
  }
  const operator = OPERATORS[type];
  if (operator === undefined) throw new DecodeError('invalid matcher type');
  return { name, operator, value };
}
