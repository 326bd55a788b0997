import { z } from 'zod';
import {
  duration,
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  text,
  toHttpServer,
} from '#config';

/** What users write under `jaegerremotesampling:` (otelcol-contrib extension/jaegerremotesampling@v0.161.0). */
export interface RemoteSamplingConfig {
  readonly http: HttpServerConfig | undefined;
  readonly grpc: GrpcServerConfig | undefined;
  /** A file of strategies; empty for none. */
  readonly file: string;
  /** Their text; empty for none. */
  readonly contents: string;
  /** 0 reads the file once. */
  readonly reloadMs: number;
  readonly hasRemote: boolean;
}

export const remoteSamplingSchema: Schema<RemoteSamplingConfig> = strictObject({
  http: strictObject(
    httpServerShape({
      endpoint: 'localhost:5778',
      servesPages: true,
      writeTimeoutMs: 0,
      readHeaderTimeoutMs: 0,
      idleTimeoutMs: 0,
    }),
  )
    .optional()
    .describe('answers `GET /sampling?service=NAME`; on when its key is there, also if empty'),
  grpc: grpcServer({ endpoint: 'localhost:14250' })
    .optional()
    .describe('answers `jaeger.api_v2.SamplingManager`; on when its key is there, also if empty'),
  source: strictObject({
    file: text('').describe("a file of strategies like Jaeger's"),
    contents: text('').describe('the same as text'),
    reload_interval: duration(0).describe('how often the file is read again; `0` for once'),
    remote: z.any().optional().describe('refused: strategies of another server are not passed on'),
  }).describe('where strategies are from: one of its keys must be there'),
}).transform((raw) => ({
  http: raw.http && toHttpServer(raw.http),
  grpc: raw.grpc,
  file: raw.source.file,
  contents: raw.source.contents,
  reloadMs: raw.source.reload_interval,
  hasRemote: raw.source.remote !== undefined && raw.source.remote !== null,
}));

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function validateRemoteSampling(config: RemoteSamplingConfig): readonly Mistake[] {
  const { http, grpc, file, contents, hasRemote } = config;
  const mistakes: Mistake[] = [];
  if (http === undefined && grpc === undefined)
    mistakes.push({ path: [], message: 'no protocols specified: write http or grpc, also if empty' });
  if (hasRemote) {
    const message = 'strategies of another server are not passed on; use file or contents';
    mistakes.push({ path: ['source', 'remote'], message });
  }
  const sources = [file, contents].filter((source) => source !== '').length;
  if (sources === 0 && !hasRemote)
    mistakes.push({ path: ['source'], message: 'no sources specified: give a file, or contents' });
  if (sources > 1)
    mistakes.push({ path: ['source'], message: 'too many sources specified: give one of file and contents' });
  for (const [name, server] of [
    ['http', http],
    ['grpc', grpc],
  ] as const) {
    if (server === undefined || server.middlewares.length === 0) continue;
    mistakes.push({ path: [name, 'middlewares'], message: 'no extension offers middlewares yet; take the block out' });
  }
  return mistakes;
}
