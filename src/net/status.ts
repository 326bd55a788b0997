import { ConsumeError, messageOf, withoutPaths } from '#base';
import { decodeRetryInfo, decodeRpcStatus, encodeRetryInfo, encodeRpcStatus } from '#wire';

/** gRPC status codes (google.rpc.Code). */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

const GRPC_NAMES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** The name of a gRPC code as Go prints it, which is what users search for. */
export function grpcCodeName(code: number): string {
  return GRPC_NAMES[code] ?? `Code(${code})`;
}

/** A google.rpc.Status with the one detail that OTLP uses: RetryInfo. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** RetryInfo.retry_delay; undefined where the status has none. 0 means "retry at once". */
  readonly retryAfterMs: number | undefined;
}

/**
 * What a receiver answers when a consumer refused a batch, without paths of this machine. An ordinary error may be retried, a permanent one
 * without a code is the server's fault (otelcol receiver/otlpreceiver/internal/errors/errors.go).
 */
export function statusOfError(error: unknown): RpcStatus {
  const message = withoutPaths(messageOf(error));
  if (!(error instanceof ConsumeError)) return { code: GRPC.unavailable, message, retryAfterMs: undefined };
  const code = error.grpcCode ?? (error.permanent ? GRPC.internal : GRPC.unavailable);
  return { code, message, retryAfterMs: error.permanent ? undefined : error.retryAfterMs };
}

/** The HTTP status for a gRPC code, as the OTLP receiver of otelcol maps it. */
export function httpStatusOf(grpcCode: number): number {
  switch (grpcCode) {
    case GRPC.cancelled:
    case GRPC.deadlineExceeded:
    case GRPC.aborted:
    case GRPC.outOfRange:
    case GRPC.unavailable:
    case GRPC.dataLoss:
      return 503;
    case GRPC.resourceExhausted:
      return 429;
    case GRPC.invalidArgument:
      return 400;
    case GRPC.unauthenticated:
      return 401;
    case GRPC.permissionDenied:
      return 403;
    case GRPC.unimplemented:
      return 404;
    default:
      return 500;
  }
}

/** Whether an OTLP client may send again after this gRPC code (OTLP specification, "Failures"). */
export function isRetryableGrpc(code: number, hasRetryInfo: boolean): boolean {
  switch (code) {
    case GRPC.cancelled:
    case GRPC.deadlineExceeded:
    case GRPC.aborted:
    case GRPC.outOfRange:
    case GRPC.unavailable:
    case GRPC.dataLoss:
      return true;
    case GRPC.resourceExhausted:
      return hasRetryInfo;
    default:
      return false;
  }
}

/** Whether an OTLP client may send again after this HTTP status (OTLP specification, "Retryable Response Codes"). */
export function isRetryableHttp(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** google.rpc.Status as protobuf: the body of an OTLP/HTTP error and the `grpc-status-details-bin` of gRPC. */
export function encodeStatus(status: RpcStatus): Uint8Array {
  const details = status.retryAfterMs === undefined ? [] : [encodeRetryInfo(status.retryAfterMs)];
  return encodeRpcStatus(status.code, status.message, details);
}

/** The same as protobuf's JSON. */
export function statusJson(status: RpcStatus): string {
  const details =
    status.retryAfterMs === undefined
      ? undefined
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: printSeconds(status.retryAfterMs) }];
  return JSON.stringify({ code: status.code, message: status.message, details });
}

/** A google.protobuf.Duration in JSON. */
function printSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(9))}s`;
}

/** Reads a google.rpc.Status; undefined where the bytes are not one. */
export function decodeStatus(bytes: Uint8Array): RpcStatus | undefined {
  const status = decodeRpcStatus(bytes);
  if (status === undefined) return undefined;
  let retryAfterMs: number | undefined;
  for (const detail of status.details) retryAfterMs ??= decodeRetryInfo(detail);
  return { code: status.code, message: status.message, retryAfterMs: retryAfterMs && Math.max(0, retryAfterMs) };
}

const RETRY_AFTER_LIMIT_MS = 24 * 3_600_000;

/** A Retry-After header, in seconds or as an HTTP date, as milliseconds from `nowMs`; undefined where it is neither. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_LIMIT_MS);
  const dateMs = Date.parse(text);
  if (Number.isNaN(dateMs) || !/[A-Za-z]/.test(text)) return undefined;
  return Math.min(Math.max(0, dateMs - nowMs), RETRY_AFTER_LIMIT_MS);
}
