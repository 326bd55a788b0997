import type { AnyValue } from '#pdata';

/** Spans as Jaeger's clients send them, in protobuf or in Thrift. */
export interface JaegerBatch {
  process: JaegerProcess | undefined;
  readonly spans: JaegerSpan[];
}
export interface JaegerProcess {
  serviceName: string;
  readonly tags: JaegerTag[];
}
export type JaegerTag = readonly [key: string, value: AnyValue];
export interface JaegerSpan {
  /** 32 and 16 hexadecimal digits. */
  traceId: string;
  spanId: string;
  /** '' for none. */
  parentSpanId: string;
  operationName: string;
  readonly references: JaegerReference[];
  flags: number;
  startNs: bigint;
  durationNs: bigint;
  readonly tags: JaegerTag[];
  readonly logs: JaegerLog[];
  /** Of protobuf, where a span may have one of its own. */
  process: JaegerProcess | undefined;
}
export interface JaegerReference {
  readonly traceId: string;
  readonly spanId: string;
  readonly isChildOf: boolean;
}
export interface JaegerLog {
  readonly timeNs: bigint;
  readonly fields: readonly JaegerTag[];
}

export function newJaegerSpan(): JaegerSpan {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    operationName: '',
    references: [],
    flags: 0,
    startNs: 0n,
    durationNs: 0n,
    tags: [],
    logs: [],
    process: undefined,
  };
}

/** A 64-bit id in hexadecimal. */
export function hexOfId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0');
}

export function isZero(id: string): boolean {
  return /^0*$/.test(id);
}
