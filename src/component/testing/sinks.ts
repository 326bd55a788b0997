import { ConsumeError, type ConsumeErrorOptions, ManualClock } from '#base';
import type { Batch } from '#pdata';
import { capabilityOf } from '../capabilities.ts';
import type {
  ComponentStatus,
  Consumer,
  CreateSettings,
  Extension,
  Host,
  HostDescription,
  Meter,
} from '../contracts.ts';
import { FakeAccount } from './account.ts';

/** Keeps every batch that it is given. */
export class RecordingConsumer implements Consumer {
  readonly mutatesData: boolean;
  readonly batches: Batch[] = [];
  /** Called before a batch is kept: throw to refuse it, wait to hold it up. */
  before: (batch: Batch, abort?: AbortSignal) => Promise<void> | void = () => undefined;

  constructor(mutatesData = false) {
    this.mutatesData = mutatesData;
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    await this.before(batch, abort);
    this.batches.push(batch);
  }

  get itemCount(): number {
    return this.batches.reduce((sum, batch) => sum + batch.itemCount, 0);
  }
}

/** Refuses every batch with a new ConsumeError. */
export class RefusingConsumer implements Consumer {
  readonly mutatesData = false;
  readonly error: { readonly message: string; readonly options: ConsumeErrorOptions };
  refusals = 0;

  constructor(options: ConsumeErrorOptions = {}, message = 'refused by the test') {
    this.error = { message, options };
  }

  consume(): Promise<void> {
    this.refusals++;
    return Promise.reject(new ConsumeError(this.error.message, this.error.options));
  }
}

/** Gauges are read when asked. */
class FakeMeter implements Meter {
  readonly #counters: { name: string; labels: Readonly<Record<string, string>>; sum: number }[] = [];
  readonly #gauges = new Map<string, () => number>();
  readonly #records = new Map<string, number[]>();

  counter(name: string, _options: unknown, labels: Readonly<Record<string, string>> = {}): { add(n: number): void } {
    const series = { name, labels, sum: 0 };
    this.#counters.push(series);
    return {
      add: (amount) => {
        series.sum += amount;
      },
    };
  }
  histogram(
    name: string,
    _options: unknown,
    labels: Readonly<Record<string, string>> = {},
  ): { record(n: number): void } {
    const values: number[] = [];
    this.#records.set(seriesName(name, labels), values);
    return { record: (value) => values.push(value) };
  }
  gauge(
    name: string,
    _options: unknown,
    read: () => number,
    labels: Readonly<Record<string, string>> = {},
  ): () => void {
    const key = seriesName(name, labels);
    this.#gauges.set(key, read);
    return () => this.#gauges.delete(key);
  }

  /** Of all gauges of this name now, whatever their labels. */
  level(name: string): number {
    return [...this.#gauges].filter(([key]) => key.split('{')[0] === name).reduce((sum, [, read]) => sum + read(), 0);
  }

  /** Of the gauges that nobody has ended. */
  get gaugeNames(): readonly string[] {
    return [...this.#gauges.keys()];
  }

  /** Of all counters whose names begin like this. */
  sumOf(prefix: string): number {
    return this.#counters.filter(({ name }) => name.startsWith(prefix)).reduce((sum, { sum: one }) => sum + one, 0);
  }
  /** Of all counters of this name that have these labels, whatever else they have. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels);
    return this.#counters
      .filter((one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value))
      .reduce((sum, one) => sum + one.sum, 0);
  }
  read(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.#gauges.get(seriesName(name, labels))?.();
  }
  records(name: string, labels: Readonly<Record<string, string>> = {}): readonly number[] {
    return this.#records.get(seriesName(name, labels)) ?? [];
  }
}

function seriesName(name: string, labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels)
    .sort()
    .map(([key, value]) => `${key}=${value}`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}

export interface FakeSettings extends CreateSettings {
  readonly meter: FakeMeter;
  readonly account: FakeAccount;
  readonly clock: ManualClock;
  /** `level message` of every line. */
  readonly logged: string[];
  readonly statuses: { readonly status: ComponentStatus; readonly message: string | undefined }[];
}

export interface FakeSettingsOptions {
  readonly id?: string;
  readonly pipeline?: string;
  readonly stateDir?: string;
  readonly allowedHosts?: readonly string[];
  readonly featureGates?: readonly string[];
}

/** Settings with simulated time, and everything that is said recorded. */
export function fakeSettings(options: FakeSettingsOptions = {}): FakeSettings {
  const logged: string[] = [];
  const statuses: FakeSettings['statuses'] = [];
  const line =
    (level: string) =>
    (message: string): void => {
      logged.push(`${level} ${message}`);
    };
  return {
    id: options.id ?? 'under_test',
    pipeline: options.pipeline ?? '',
    logger: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    meter: new FakeMeter(),
    account: new FakeAccount(),
    clock: new ManualClock(),
    random: () => 0.5,
    version: '0.0.0-test',
    instanceId: 'test-instance',
    allowedHosts: options.allowedHosts ?? [],
    featureGates: options.featureGates ?? [],
    stateDir: options.stateDir ?? '',
    reportStatus: (status, message) => {
      statuses.push({ status, message });
    },
    reportRefusing: () => undefined,
    logged,
    statuses,
  };
}

export function fakeHost(extensions: Readonly<Record<string, Extension>> = {}): Host {
  const description: HostDescription = {
    version: '0.0.0-test',
    startTimeMs: 1_700_000_000_000,
    ready: true,
    pipelines: [],
    extensions: Object.keys(extensions),
    statuses: [],
  };
  const all = new Map(Object.entries(extensions));
  return { extension: (id, capability) => capabilityOf(all, id, capability), describe: () => description };
}
