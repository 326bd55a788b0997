import { equalAt } from '#base';
import { PATHS, type SpanChunk, type SpanView } from '#pdata';
import type { Expression } from '../expression.ts';
import type { Key } from '../keys.ts';
import type { Place } from '../place.ts';
import { fail, Parts, typeName, type Value } from '../values.ts';
import { expectText } from './simple.ts';
import { traceStateMember, withTraceStateMember } from './trace-state.ts';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const OLD_KINDS = KINDS.map((kind) => `SPAN_KIND_${kind.toUpperCase()}`);

const viewAt = (at: Place): SpanView => at.span;

function namedKind(names: readonly string[], unknown: string): Expression {
  return {
    get: (at) => names[at.span.kind] ?? unknown,
    set: (at, value) => {
      const kind = names.indexOf(expectText(value));
      if (kind < 0) fail(`unknown span kind ${String(value)}`);
      at.span.kind = kind;
    },
  };
}

/** Lists that only have a length here, and can be emptied. */
function listPath(
  kind: string,
  list: (at: Place) => { readonly count: number; remove(index: number): void },
): Expression {
  return {
    get: (at) => new Parts(kind, list(at).count, undefined),
    set: (at, value) => {
      const parts = expectParts(kind, value);
      if (parts.count > 0) return;
      const items = list(at);
      for (let i = items.count - 1; i >= 0; i--) items.remove(i);
    },
  };
}

export function expectParts(kind: string, value: Value): Parts {
  return value instanceof Parts && value.kind === kind ? value : fail(`expects ${kind} but got ${typeName(value)}`);
}

const STATUS: Expression = {
  get: (at) => new Parts('status', -1, { code: at.span.statusCode, message: at.span.statusMessage }),
  set: (at, value) => {
    const { code, message } = (expectParts('status', value).content ?? { code: 0, message: '' }) as {
      readonly code: number;
      readonly message: string;
    };
    at.span.statusCode = code;
    at.span.statusMessage = message;
  },
};

const NAME: Expression = {
  get: (at) => at.span.name,
  set: (at, value) => {
    at.span.name = expectText(value);
  },
  equalsText: (at, bytes) => {
    const { arena, columns } = at.chunk as SpanChunk;
    const { nameAt, nameLength } = columns;
    return nameLength[at.row] === bytes.length && equalAt(arena, nameAt[at.row]!, bytes, 0, bytes.length);
  },
};

const FLAGS: Expression = {
  get: (at) => at.span.flags,
  isSmallInt: true,
  set: (at, value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) fail(`expects int64 but got ${typeName(value)}`);
    if ((value as number) < 0 || (value as number) > 0xffff_ffff)
      fail(`value ${String(value)} is out of range for uint32`);
    at.span.flags = value as number;
  },
};

/** Paths of spans beyond those of pdata's table, or with a faster way. */
export const SPAN_EXTRAS: Readonly<Record<string, Expression>> = {
  name: NAME,
  flags: FLAGS,
  'kind.string': namedKind(KINDS, ''),
  'kind.deprecated_string': namedKind(OLD_KINDS, ''),
  status: STATUS,
  events: listPath('events', (at) => at.span.events),
  links: listPath('links', (at) => at.span.links),
};

/** `trace_state["key"]`. */
export function traceStatePath(keys: readonly Key[]): Expression {
  const [key] = keys as [Key];
  const name = (): string =>
    typeof key.constant === 'string' ? key.constant : fail('trace_state is indexed by a text in quotes');
  const path = PATHS.span.trace_state!;
  return {
    get: (at) => traceStateMember(path.get(viewAt(at)) as string, name()) ?? null,
    set: (at, value) => {
      const next = withTraceStateMember(at.span.traceState, name(), expectText(value));
      if (next !== undefined) at.span.traceState = next;
    },
  };
}

export { listPath };
