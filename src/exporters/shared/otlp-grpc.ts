import { assert, ConsumeError } from '#base';
import { type CreateSettings, Credentials, type Exporter, type Host } from '#component';
import type { DeliveryConfig, GrpcClientConfig } from '#config';
import {
  type ClientTls,
  GrpcCallError,
  GrpcClient,
  type GrpcTarget,
  grpcCodeName,
  grpcTarget,
  isInsecure,
  isRetryableGrpc,
  OTLP_GRPC_PATHS,
  PartialSuccesses,
  proxiesOf,
  type RpcStatus,
  readClientTls,
  userAgent,
  watchClientTls,
} from '#net';
import type { Batch, Signal } from '#pdata';
import { decodeExportResponse, encodeOtlpParts } from '#wire';

export interface OtlpGrpcExporterConfig {
  readonly client: GrpcClientConfig;
  readonly delivery: DeliveryConfig;
}

/** Sends batches by OTLP over gRPC, one call per batch. */
export class OtlpGrpcExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: OtlpGrpcExporterConfig;
  readonly #signal: Signal;
  readonly #credentials: Credentials;
  readonly #partialSuccesses: PartialSuccesses;
  #client: GrpcClient | undefined;
  #stopWatching: () => void = () => {};

  constructor(settings: CreateSettings, config: OtlpGrpcExporterConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#credentials = new Credentials(config.client.auth, config.client.headers);
    this.#partialSuccesses = new PartialSuccesses(settings, signal);
  }

  async start(host: Host): Promise<void> {
    this.#credentials.start(host);
    const { client } = this.#config;
    this.#client = createClient(client, this.#settings, await this.#tls(client));
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#stopWatching();
    this.#client?.close();
  }

  /** What connections are made with from now on; undefined for plain text. */
  async #tls(config: GrpcClientConfig): Promise<(() => ClientTls) | undefined> {
    const { security } = targetOf(config, this.#settings);
    const { caFile, certFile } = config.tls;
    const { id, logger } = this.#settings;
    const path = `exporters::${id}::tls`;
    if (security === 'as configured' && isInsecure(config.tls)) return undefined;
    if (security === 'plain' && (isInsecure(config.tls) || (caFile === '' && certFile === ''))) return undefined;
    let current = await readClientTls(config.tls, path);
    if (security === 'plain') return undefined;
    const apply = (tls: ClientTls): void => {
      current = tls;
    };
    this.#stopWatching = watchClientTls(config.tls, { path, logger, apply });
    return () => current;
  }

  /** One attempt. Throws a ConsumeError, permanent for the codes that OTLP says not to retry. */
  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    assert(this.#client !== undefined, 'consume before start');
    const metadata = await this.#credentials.headersFor(batch.context);
    let answer: Uint8Array;
    try {
      answer = await this.#client.call(
        OTLP_GRPC_PATHS[this.#signal],
        encodeOtlpParts(batch),
        this.#config.delivery.timeoutMs,
        abort,
        metadata,
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

function targetOf(config: GrpcClientConfig, settings: CreateSettings): GrpcTarget {
  const target = grpcTarget(config.endpoint);
  assert(target !== undefined, `exporters::${settings.id}: the endpoint was not validated`);
  return target;
}

function createClient(
  config: GrpcClientConfig,
  settings: CreateSettings,
  tls: (() => ClientTls) | undefined,
): GrpcClient {
  const { version, random } = settings;
  const { compression } = config;
  return new GrpcClient({
    target: targetOf(config, settings),
    tls,
    proxyOf: proxiesOf(process.env),
    authority: config.authority,
    userAgent: config.userAgent || userAgent(version),
    metadata: Object.fromEntries(config.headers.map(({ name, value }) => [name.toLowerCase(), value.reveal()])),
    compression: compression === '' || compression === 'none' ? undefined : compression,
    keepalive: config.keepalive,
    waitForReady: config.waitForReady,
    isRoundRobin: config.balancerName === 'round_robin',
    random,
  });
}
