import type { z } from 'zod';
import { strictObject } from './object.ts';
import { integer, positiveDuration } from './values.ts';

/** What a port for everybody lets in. 0 means no limit. */
export interface AdmissionConfig {
  /** Bytes of requests in memory, of all protocols of the receiver together. */
  readonly requestLimitBytes: number;
  /** Connections at a time, of each protocol. */
  readonly maxConnections: number;
  /** gRPC calls, and requests over HTTP/2, at a time, of all connections together. */
  readonly maxStreams: number;
  /** How long a client may take for a request. */
  readonly requestTimeoutMs: number;
}

const MIB = 1024 * 1024;
/** 12 bodies of the largest size that HTTP takes by default. */
const DEFAULT_REQUEST_LIMIT_MIB = 256;
/** Of idle ones a connection takes some 20 KB; a gateway for more agents than that asks for more. */
const DEFAULT_MAX_CONNECTIONS = 4096;
const DEFAULT_MAX_STREAMS = 4096;
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** The block `admission` of a receiver. */
export const admission: z.ZodType<AdmissionConfig> = strictObject({
  request_limit_mib: integer(DEFAULT_REQUEST_LIMIT_MIB, { min: 0 }).meta({
    description: 'ours: of requests in memory, of both protocols together; 0 for no limit',
    unit: 'MiB',
  }),
  max_connections: integer(DEFAULT_MAX_CONNECTIONS, { min: 0 }).meta({
    description: 'ours: connections at a time, of each protocol; 0 for no limit',
    unit: 'connections',
  }),
  max_streams: integer(DEFAULT_MAX_STREAMS, { min: 0 }).meta({
    description: 'ours: gRPC calls at a time on all connections; 0 for no limit',
    unit: 'calls',
  }),
  request_timeout: positiveDuration(DEFAULT_REQUEST_TIMEOUT_MS).describe(
    'ours: how long a client may take for a request, and a second more for each 16 KB; 0 for no limit',
  ),
}).transform((raw) => ({
  requestLimitBytes: raw.request_limit_mib * MIB,
  maxConnections: raw.max_connections,
  maxStreams: raw.max_streams,
  requestTimeoutMs: raw.request_timeout,
}));
