import type { Consumer } from '#component';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import type { Batch, Signal } from '#pdata';
import { encodeOtlp } from '#wire';
import { decodeReference, encodeReference, type ReferenceObject } from '../../../wire/testing/otlp-reference.ts';
import { otlpReceiverSchema } from '../config.ts';
import { otlpReceiverFactory } from '../factory.ts';
import type { OtlpReceiver } from '../otlp.ts';

/** Takes batches of one signal and says what `answer` says. */
export class Pipeline implements Consumer {
  readonly mutatesData = false;
  readonly batches: Batch[] = [];
  answer: (batch: Batch, abort?: AbortSignal) => Promise<void> = async () => {};

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    await this.answer(batch, abort);
    this.batches.push(batch);
  }

  get itemCount(): number {
    return this.batches.reduce((sum, batch) => sum + batch.itemCount, 0);
  }

  /** What arrived, as protobufjs reads it. */
  requests(): ReferenceObject[] {
    return this.batches.map((batch) => decodeReference(batch.signal, encodeOtlp(batch)));
  }
}

export interface Running {
  readonly receiver: OtlpReceiver;
  readonly settings: FakeSettings;
  readonly pipelines: Readonly<Record<Signal, Pipeline>>;
  /** `http://host:port`, without a path. */
  readonly httpUrl: string;
  readonly grpcTarget: string;
}

export interface RunOptions {
  readonly grpc?: object;
  readonly http?: object;
  readonly admission?: object;
  readonly signals?: readonly Signal[];
}

/** Starts a receiver on free ports of 127.0.0.1. */
export async function runReceiver(options: RunOptions = {}): Promise<Running> {
  const settings = fakeSettings({ id: 'otlp' });
  const pipelines = { traces: new Pipeline(), metrics: new Pipeline(), logs: new Pipeline() };
  const config = otlpReceiverSchema.parse({
    protocols: {
      grpc: { endpoint: '127.0.0.1:0', ...options.grpc },
      http: { endpoint: '127.0.0.1:0', ...options.http },
    },
    admission: options.admission,
  });
  const signals = options.signals ?? ['traces', 'metrics', 'logs'];
  const next = Object.fromEntries(signals.map((signal) => [signal, pipelines[signal]]));
  const receiver = otlpReceiverFactory.create(settings, config, next) as OtlpReceiver;
  await receiver.start(fakeHost());
  return {
    receiver,
    settings,
    pipelines,
    httpUrl: `http://${receiver.addresses.http}`,
    grpcTarget: receiver.addresses.grpc!,
  };
}

/** A request of `count` spans. */
function tracesObject(count: number): ReferenceObject {
  const spans = Array.from({ length: count }, (_, i) => ({
    traceId: Buffer.alloc(16, i + 1),
    spanId: Buffer.alloc(8, i + 1),
    name: `span ${i}`,
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000001000000',
    attributes: [{ key: 'http.route', value: { stringValue: '/orders/{id}' } }],
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] };
}

export function tracesRequest(count: number): Uint8Array {
  return encodeReference('traces', tracesObject(count));
}

/** A request of three spans of which the second has an id of 3 bytes. */
export function tracesWithOneBadId(): Uint8Array {
  const request = tracesObject(3) as { resourceSpans: { scopeSpans: { spans: { spanId: Buffer }[] }[] }[] };
  request.resourceSpans[0]!.scopeSpans[0]!.spans[1]!.spanId = Buffer.from([1, 2, 3]);
  return encodeReference('traces', request as unknown as ReferenceObject);
}

export function logsRequest(count: number): Uint8Array {
  const logRecords = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: '1700000000000000000',
    severityNumber: 9,
    body: { stringValue: `line ${i}` },
  }));
  return encodeReference('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

export function metricsRequest(count: number): Uint8Array {
  const dataPoints = Array.from({ length: count }, (_, i) => ({ timeUnixNano: '1700000000000000000', asDouble: i }));
  return encodeReference('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge: { dataPoints } }] }] }],
  });
}
