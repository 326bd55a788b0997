import { systemClock } from '#base';
import { CallCounter, StoreReader } from '#query';
import { CallWriter, type StoreEndpoint } from '#store';

export interface CallCountingOptions {
  /** As whom spans are read, of all tenants. */
  readonly reader: ConstructorParameters<typeof StoreReader>[0];
  /** As whom the counts are written. */
  readonly writer: StoreEndpoint;
}

/**
 * Counts who called whom, as long as it runs: see CallCounter. Of several servers over one store each does so: what one has counted the others find
 * done, and what two count at a time is the same.
 */
export function startCallCounting({ reader: readerOptions, writer: endpoint }: CallCountingOptions): {
  stop(): Promise<void>;
} {
  const reader = new StoreReader(readerOptions);
  const writer = new CallWriter(endpoint, () => systemClock.nowMs(), Math.random);
  const counter = new CallCounter({
    reader,
    sink: writer,
    clock: systemClock,
    failed: (message) =>
      void process.stderr.write(
        `signalbox server: counting calls between services failed, it is tried again: ${message}\n`,
      ),
  });
  counter.start();
  return {
    async stop() {
      // A statement that runs ends with its connection.
      const stopped = counter.stop();
      await writer.close();
      await reader.close();
      await stopped;
    },
  };
}
