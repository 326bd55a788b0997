import {
  type Component,
  type Consumer,
  type CreateSettings,
  GrpcIntake,
  grpcContext,
  type Host,
  HttpIntake,
  type Receiver,
  ReceiverPorts,
} from '#component';
import { type GrpcAnswer, type GrpcCall, OTLP_GRPC_PATHS } from '#net';
import type { Signal } from '#pdata';
import { encodeExportResponse } from '#wire';
import type { OtlpReceiverConfig } from './config.ts';
import { OtlpRoutes } from './http-routes.ts';
import { Intake } from './intake.ts';
import { watchInFlight } from './metrics.ts';

const NO_BYTES = new Uint8Array(0);

/** Receives OTLP: one gRPC and one HTTP server for all signals that some pipeline takes from it. */
export class OtlpReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly #grpc: GrpcIntake | undefined;
  readonly #http: HttpIntake | undefined;
  readonly #ports: ReceiverPorts;
  #stopWatching: () => void = () => {};

  constructor(settings: CreateSettings, config: OtlpReceiverConfig, next: Partial<Record<Signal, Consumer>>) {
    this.#settings = settings;
    const { grpc, http } = config;
    const path = `receivers::${settings.id}::protocols`;
    if (grpc !== undefined) {
      const intake = new Intake(settings, next, 'grpc');
      this.#grpc = new GrpcIntake({
        settings,
        admission: config,
        path: `${path}::grpc`,
        config: grpc,
        handlers: grpcHandlers(intake, grpc.includeMetadata),
        onFailure: (what) => intake.countFailure(what),
      });
    }
    if (http !== undefined) {
      const handler = new OtlpRoutes(http, new Intake(settings, next, 'http'));
      this.#http = new HttpIntake({ settings, admission: config, path: `${path}::http`, config: http, handler });
    }
    this.#ports = new ReceiverPorts(config, { grpc: this.#grpc, http: this.#http });
  }

  /** `host:port` of each server with its real port, once started. */
  get addresses(): { readonly grpc?: string; readonly http?: string } {
    const [grpc, http] = [this.#grpc?.address ?? '', this.#http?.address ?? ''];
    return { ...(grpc !== '' && { grpc }), ...(http !== '' && { http }) };
  }

  async start(host: Host): Promise<void> {
    this.#stopWatching = watchInFlight(this.#settings, () => this.#ports.inFlightBytes);
    try {
      await this.#ports.start(host);
    } catch (error) {
      this.#stopWatching();
      throw error;
    }
  }

  handOver(successor: Component | undefined): () => void {
    return this.#ports.handOver(successor instanceof OtlpReceiver ? successor.#ports : undefined);
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#stopWatching();
    await this.#ports.shutdown(deadlineMs);
  }
}

function grpcHandlers(
  intake: Intake,
  includeMetadata: boolean,
): Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>> {
  const handlers = new Map<string, (message: Uint8Array, call: GrpcCall) => Promise<GrpcAnswer>>();
  for (const [signal, path] of Object.entries(OTLP_GRPC_PATHS) as [Signal, string][]) {
    if (!intake.takes(signal)) continue;
    handlers.set(path, async (message, call) => {
      const outcome = await intake.receive(signal, message, 'proto', grpcContext(call, includeMetadata), call.abort);
      if (outcome.kind === 'refused') return { status: outcome.status };
      return {
        message:
          outcome.rejectedCount === 0 ? NO_BYTES : encodeExportResponse(outcome.rejectedCount, outcome.rejectedReason),
      };
    });
  }
  return handlers;
}
