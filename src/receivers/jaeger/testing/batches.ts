/** Thrift as a client of Jaeger writes it, by hand: so that no reader of ours has a say in it. */

/** A Batch in the binary protocol: the service `shop`, and spans of these names. */
export function thriftBatch(names: readonly string[]): Uint8Array {
  const out = new Binary();
  batchFields(out, names);
  return out.bytes();
}

/** The same in a packet to the agent. */
export function binaryPacket(names: readonly string[], call = 'emitBatch'): Uint8Array {
  const out = new Binary();
  out.i32(0x8001_0004 | 0);
  out.text(call);
  out.i32(7);
  out.field(12, 1);
  batchFields(out, names);
  out.stop();
  return out.bytes();
}

function batchFields(out: Binary, names: readonly string[]): void {
  out.field(12, 1);
  out.field(11, 1);
  out.text('shop');
  out.field(15, 2);
  out.list(12, 1);
  tag(out, 'hostname', 'h1');
  out.stop();
  out.field(15, 2);
  out.list(12, names.length);
  names.forEach((name, i) => {
    out.field(10, 1);
    out.i64(BigInt(i + 1));
    out.field(10, 2);
    out.i64(0n);
    out.field(10, 3);
    out.i64(BigInt(i + 100));
    out.field(10, 4);
    out.i64(0n);
    out.field(11, 5);
    out.text(name);
    out.field(15, 6);
    out.list(12, 2);
    reference(out, 0, BigInt(i + 1), 5n);
    reference(out, 1, 77n, 6n);
    out.field(8, 7);
    out.i32(1);
    out.field(10, 8);
    out.i64(1000n);
    out.field(10, 9);
    out.i64(500n);
    out.field(15, 10);
    out.list(12, 2);
    tag(out, 'span.kind', 'client');
    out.field(11, 1);
    out.text('error');
    out.field(8, 2);
    out.i32(2);
    out.field(2, 5);
    out.byte(1);
    out.stop();
    out.field(15, 11);
    out.list(12, 1);
    out.field(10, 1);
    out.i64(1100n);
    out.field(15, 2);
    out.list(12, 1);
    tag(out, 'event', 'retry');
    out.stop();
    out.stop();
  });
  out.stop();
}

function tag(out: Binary, key: string, value: string): void {
  out.field(11, 1);
  out.text(key);
  out.field(8, 2);
  out.i32(0);
  out.field(11, 3);
  out.text(value);
  out.stop();
}

function reference(out: Binary, type: number, traceIdLow: bigint, spanId: bigint): void {
  out.field(8, 1);
  out.i32(type);
  out.field(10, 2);
  out.i64(traceIdLow);
  out.field(10, 3);
  out.i64(0n);
  out.field(10, 4);
  out.i64(spanId);
  out.stop();
}

class Binary {
  readonly #bytes: number[] = [];
  byte(value: number): void {
    this.#bytes.push(value & 255);
  }
  i32(value: number): void {
    for (const shift of [24, 16, 8, 0]) this.byte(value >>> shift);
  }
  i64(value: bigint): void {
    this.i32(Number(BigInt.asIntN(32, value >> 32n)));
    this.i32(Number(BigInt.asIntN(32, value)));
  }
  text(value: string): void {
    const bytes = Buffer.from(value);
    this.i32(bytes.length);
    this.#bytes.push(...bytes);
  }
  field(type: number, id: number): void {
    this.byte(type);
    this.byte(id >>> 8);
    this.byte(id);
  }
  list(type: number, size: number): void {
    this.byte(type);
    this.i32(size);
  }
  stop(): void {
    this.byte(0);
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** A packet in the compact protocol: one span `call` of the service `shop`, with a bool and a long as tags. */
export function compactPacket(): Uint8Array {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const zigzag = (value: number): number[] => {
    const bytes: number[] = [];
    let rest = value * 2;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    return [...bytes, rest];
  };
  const process = [0x18, ...text('shop'), 0];
  const tags = [
    ...[0x29, 0x2c],
    ...[0x18, ...text('ok'), 0x15, ...zigzag(2), 0x31, 0],
    ...[0x18, ...text('n'), 0x15, ...zigzag(3), 0x46, ...zigzag(300), 0],
  ].slice(1);
  const span = [
    ...[0x16, ...zigzag(5)],
    ...[0x16, ...zigzag(0)],
    ...[0x16, ...zigzag(9)],
    ...[0x16, ...zigzag(0)],
    ...[0x18, ...text('call')],
    ...[0x25, ...zigzag(0)],
    ...[0x16, ...zigzag(2000)],
    ...[0x16, ...zigzag(10)],
    ...[0x19, ...tags],
    0,
  ];
  const batch = [0x1c, ...process, 0x19, 0x1c, ...span, 0];
  return Uint8Array.from([0x82, 0x81, 0x01, ...text('emitBatch'), 0x1c, ...batch, 0]);
}
