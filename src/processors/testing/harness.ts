import { ManualClock } from '#base';
import type { Consumer, CreateSettings, Meter } from '#component';
import type { Batch } from '#pdata';

/** A meter that keeps sums and records by `name{label="value"}`, and reads gauges on demand. */
export class TestMeter implements Meter {
  readonly sums = new Map<string, number>();
  readonly records = new Map<string, number[]>();
  readonly gauges = new Map<string, () => number>();

  counter(name: string, _options: unknown, labels: Readonly<Record<string, string>> = {}): { add(n: number): void } {
    const key = seriesOf(name, labels);
    this.sums.set(key, this.sums.get(key) ?? 0);
    return { add: (amount) => this.sums.set(key, this.sums.get(key)! + amount) };
  }

  histogram(
    name: string,
    _options: unknown,
    labels: Readonly<Record<string, string>> = {},
  ): { record(v: number): void } {
    const values: number[] = [];
    this.records.set(seriesOf(name, labels), values);
    return { record: (value) => values.push(value) };
  }

  gauge(
    name: string,
    _options: unknown,
    read: () => number,
    labels: Readonly<Record<string, string>> = {},
  ): () => void {
    const key = seriesOf(name, labels);
    this.gauges.set(key, read);
    return () => this.gauges.delete(key);
  }

  /** The sum of a counter; 0 where it has not counted. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.sums.get(seriesOf(name, labels)) ?? 0;
  }
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const parts = Object.keys(labels)
    .sort()
    .map((key) => `${key}="${labels[key]}"`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}

export interface TestSettings extends CreateSettings {
  readonly meter: TestMeter;
  readonly clock: ManualClock;
  /** What was logged, as `level message`. */
  readonly logged: string[];
}

export function testSettings(id = 'under_test'): TestSettings {
  const logged: string[] = [];
  const log = (level: string) => (message: string) => {
    logged.push(`${level} ${message}`);
  };
  return {
    id,
    pipeline: 'traces',
    meter: new TestMeter(),
    clock: new ManualClock(),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    random: () => 0.5,
    version: '0',
    stateDir: '',
    reportStatus: () => {},
    logged,
  };
}

/** Keeps what it is given; `answer` may be replaced to wait or to refuse. */
export class TestConsumer implements Consumer {
  readonly mutatesData = false;
  readonly batches: Batch[] = [];
  answer: (batch: Batch) => Promise<void> = async () => {};

  async consume(batch: Batch): Promise<void> {
    this.batches.push(batch);
    await this.answer(batch);
  }

  get itemCounts(): number[] {
    return this.batches.map((batch) => batch.itemCount);
  }
}
