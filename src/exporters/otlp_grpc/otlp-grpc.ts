import { assert, ConsumeError } from '#base';
import type { CreateSettings, Exporter, Host } from '#component';
import type { GrpcClientConfig } from '#config';
import {
  GrpcCallError,
  GrpcClient,
  grpcCodeName,
  grpcTarget,
  isRetryableGrpc,
  OTLP_GRPC_PATHS,
  PartialSuccesses,
  type RpcStatus,
  readClientTls,
  userAgent,
} from '#net';
import type { Batch, Signal } from '#pdata';
import { decodeExportResponse, encodeOtlpParts } from '#wire';
import type { OtlpGrpcExporterConfig } from './config.ts';

/** Sends batches by OTLP over gRPC, one call per batch. */
export class OtlpGrpcExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: OtlpGrpcExporterConfig;
  readonly #signal: Signal;
  readonly #partialSuccesses: PartialSuccesses;
  #client: GrpcClient | undefined;

  constructor(settings: CreateSettings, config: OtlpGrpcExporterConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#partialSuccesses = new PartialSuccesses(settings, signal);
  }

  async start(_host: Host): Promise<void> {
    this.#client = await createClient(this.#config.client, this.#settings);
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#client?.close();
  }

  /** One attempt. Throws a ConsumeError, permanent for the codes that OTLP says not to retry. */
  async consume(batch: Batch): Promise<void> {
    assert(this.#client !== undefined, 'consume before start');
    let answer: Uint8Array;
    try {
      answer = await this.#client.call(
        OTLP_GRPC_PATHS[this.#signal],
        encodeOtlpParts(batch),
        this.#config.delivery.timeoutMs,
      );
    } catch (error) {
      if (!(error instanceof GrpcCallError)) throw error;
      throw refusal(error.status, error);
    }
    if (answer.length === 0) return;
    const { rejectedCount, message } = decodeExportResponse(answer);
    this.#partialSuccesses.note(rejectedCount, message);
  }
}

/** The error as grpc-go prints it, which is what users search for. */
function refusal(status: RpcStatus, cause: Error): ConsumeError {
  const { code, message, retryAfterMs } = status;
  const permanent = !isRetryableGrpc(code, retryAfterMs !== undefined);
  const name = grpcCodeName(code);
  return new ConsumeError(`rpc error: code = ${name} desc = ${message}`, {
    cause,
    permanent,
    grpcCode: code,
    reason: `grpc_${name}`,
    ...(!permanent && retryAfterMs !== undefined && { retryAfterMs }),
  });
}

async function createClient(config: GrpcClientConfig, settings: CreateSettings): Promise<GrpcClient> {
  const { id, version, random } = settings;
  const target = grpcTarget(config.endpoint);
  assert(target !== undefined, `exporters::${id}: the endpoint was not validated`);
  const isPlain = target.security === 'plain' || (target.security === 'as configured' && config.tls.insecure);
  const tls = isPlain ? undefined : await readClientTls(config.tls, `exporters::${id}::tls`);
  const { compression } = config;
  return new GrpcClient({
    target,
    tls,
    authority: config.authority,
    userAgent: userAgent(version),
    metadata: Object.fromEntries(config.headers.map(({ name, value }) => [name.toLowerCase(), value.reveal()])),
    compression: compression === '' || compression === 'none' ? undefined : compression,
    keepalive: config.keepalive,
    waitForReady: config.waitForReady,
    isRoundRobin: config.balancerName === 'round_robin',
    random,
  });
}
