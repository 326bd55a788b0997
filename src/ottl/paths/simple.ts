import { Double, type Path } from '#pdata';
import { asBool, type Expression, type Getter } from '../expression.ts';
import type { Place } from '../place.ts';
import { fail, float64, Id, int64, isDouble, isInt, numberOf, Time, typeName, type Value } from '../values.ts';

/** Setting nil is an error but where nothing can be said by something empty (ctxutil.ExpectType). */
export function expectText(value: Value): string {
  return typeof value === 'string' ? value : fail(`expects string but got ${typeName(value)}`);
}

export function expectInt(value: Value): number | bigint {
  return isInt(value) ? value : fail(`expects int64 but got ${typeName(value)}`);
}

export function expectDouble(value: Value): number {
  return isDouble(value) ? numberOf(value) : fail(`expects float64 but got ${typeName(value)}`);
}

/** The low 32 bits, as a conversion in Go takes them. */
export function uint32(value: number | bigint): number {
  return Number(BigInt.asUintN(32, BigInt(value)));
}

export function uint64(value: number | bigint): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

const ID_BYTES = { trace: 16, span: 8 } as const;

export function idOf(kind: 'trace' | 'span', hex: string): Id {
  return new Id(kind, fullId(kind, hex));
}

/** An id that is not there is one of zeros. */
function fullId(kind: 'trace' | 'span', hex: string): string {
  return hex === '' ? '0'.repeat(ID_BYTES[kind] * 2) : hex;
}

/** The digits of an id, checked. */
function idDigits(kind: 'trace' | 'span', value: Value): string {
  const digits = expectText(value);
  if (digits.length !== ID_BYTES[kind] * 2 || !/^[0-9a-fA-F]*$/.test(digits)) {
    fail(`${kind} ids must be ${ID_BYTES[kind] * 2} hex characters`);
  }
  return digits.toLowerCase();
}

/** A path of pdata's table, with OTTL's types. `view` is what has its fields. */
export function simplePath<V>(path: Path<V>, view: (at: Place) => V): Expression {
  const { set } = path;
  const write = (at: Place, value: unknown): void => set!(view(at), value as never);
  const read = (at: Place): unknown => path.get(view(at));
  switch (path.type) {
    case 'text':
      return { get: read as Getter, set: (at, value) => write(at, expectText(value)) };
    case 'trace_id':
    case 'span_id': {
      const kind = path.type === 'trace_id' ? 'trace' : 'span';
      return {
        get: (at) => idOf(kind, read(at) as string),
        set: (at, value) => {
          if (!(value instanceof Id) || value.kind !== kind) fail(`expects ${kind} id but got ${typeName(value)}`);
          write(at, (value as Id).hex);
        },
      };
    }
    case 'uint32':
    case 'enum':
      return { get: read as Getter, isSmallInt: true, set: (at, value) => write(at, uint32(expectInt(value))) };
    case 'time':
    case 'uint64':
      return {
        get: (at) => int64(read(at) as bigint),
        set: (at, value) => write(at, uint64(expectInt(value))),
      };
    case 'optional_double':
      return {
        get: (at) => {
          const value = read(at) as number;
          return Number.isNaN(value) ? new Double(0) : float64(value);
        },
        set: (at, value) => write(at, expectDouble(value)),
      };
    case 'bool':
      return { get: read as Getter, set: (at, value) => write(at, asBool(value)) };
    default:
      throw new TypeError(`no simple path: ${path.type}`);
  }
}

/** The digits of an id, behind `.string`. */
export function idTextPath<V>(path: Path<V>, view: (at: Place) => V): Expression {
  const kind = path.type === 'trace_id' ? 'trace' : 'span';
  return {
    get: (at) => fullId(kind, path.get(view(at)) as string),
    set: (at, value) => path.set!(view(at), idDigits(kind, value) as never),
  };
}

/** A time as one, in place of its nanoseconds. */
export function timePath<V>(path: Path<V>, view: (at: Place) => V): Expression {
  return {
    get: (at) => new Time(path.get(view(at)) as bigint),
    set: (at, value) => {
      if (!(value instanceof Time)) fail(`expects time but got ${typeName(value)}`);
      path.set!(view(at), BigInt.asUintN(64, (value as Time).ns) as never);
    },
  };
}
