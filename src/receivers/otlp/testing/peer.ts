import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch } from '#pdata';
import { otlpReceiverSchema } from '../config.ts';
import { otlpReceiverFactory } from '../factory.ts';
import type { OtlpReceiver } from '../otlp.ts';

/** A receiver for an exporter to send to. */
export interface OtlpPeer {
  /** `host:port`. */
  readonly grpc: string;
  readonly http: string;
  readonly batches: readonly Batch[];
  close(): Promise<void>;
}

export async function startOtlpPeer(): Promise<OtlpPeer> {
  const next = new RecordingConsumer();
  const config = otlpReceiverSchema.parse({
    protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } },
  });
  const settings = fakeSettings({ id: 'otlp' });
  const pipelines = { traces: next, metrics: next, logs: next };
  const receiver = otlpReceiverFactory.create(settings, config, pipelines) as OtlpReceiver;
  await receiver.start(fakeHost());
  const { grpc = '', http = '' } = receiver.addresses;
  return { grpc, http, batches: next.batches, close: () => receiver.shutdown(0) };
}
