import type { Clock, Logger, Meter, MetricLabels } from '#base';
import type { DeliveryConfig, MapNode, Schema } from '#config';
import type { Batch, Signal } from '#pdata';
import type { Account } from './account.ts';
import type { Capabilities, Offering } from './capabilities.ts';

/**
 * The contracts between the collector and its components. A component is one folder under src/<kind>s/<type>/ that
 * exports a factory, and one line in src/main/components.ts. Contracts match otelcol's component model
 * (open-telemetry/opentelemetry-collector@934999f component/, consumer/), reduced to one batch type for all signals.
 */

export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated';

/**
 * Takes a batch. When the promise resolves, the batch is the consumer's responsibility: it is on its way, or on disk where the
 * consumer says so. A ConsumeError says that nothing of it was taken: `permanent` or retryable, with an optional delay.
 * The consumer owns the batch from the call on: the caller must not touch it again, and a consumer with `mutatesData` may
 * change it. A consumer without `mutatesData` must not change it, because others may read it at the same time.
 *
 * `abort` says that nobody waits for the answer any more: the client has gone, or the time for a shutdown is over. What the consumer hasn't
 * taken then it should refuse with `cancelledError()` of #base instead of waiting, and pass `abort` on to whom it calls on the caller's behalf.
 *
 * The caller holds the batch's leases (`Lease` of #pdata) until the promise settles. A consumer that keeps rows for longer holds them itself.
 */
export interface Consumer {
  readonly mutatesData: boolean;
  consume(batch: Batch, abort?: AbortSignal): Promise<void>;
}

/** `start` and `shutdown` are called once each, in that order; `shutdown` may come without `start`, and must be safe twice. */
export interface Component {
  /** Opens what the component needs. Throws a StartError that says what to do. Must not block on remote peers. */
  start(host: Host): Promise<void>;
  /**
   * Stops taking work, hands on or finishes what it holds, frees everything, within `deadlineMs` from now: whoever waits does so a little
   * longer. What it waits for itself it gives a part of that (`Deadline` of #base).
   */
  shutdown(deadlineMs: number): Promise<void>;
  /**
   * Called in a reload that changes or removes it (what stays as it is runs on), before `shutdown`, with the instance that takes its place,
   * if there is one: made, not started yet. What a restart would lose goes to the successor in `shutdown` at the latest: data that is held,
   * what was learned from data that is gone. A receiver leaves open what the successor can use, and clients notice as little as can be.
   * Returns a function that closes what is left in the end; it is called whether the successor could start or not. Called again with another
   * successor if it couldn't.
   */
  handOver?(successor: Component | undefined): () => void;
}

export interface Receiver extends Component {}
export interface Processor extends Component, Consumer {}
/**
 * One attempt per `consume`; throws a ConsumeError when it fails. The collector puts queue, batching, timeout and retry around
 * an exporter whose factory has `delivery` (src/collector), so an exporter holds only the sending itself. In a reload such an exporter
 * may live on for some seconds beside its successor, until its last attempts end.
 */
export interface Exporter extends Component, Consumer {}
export interface Connector extends Component, Consumer {}
/** What it does for other components stands in its `capabilities`. */
export interface Extension extends Component, Offering {}

export type ComponentStatus =
  | 'starting'
  | 'ok'
  | 'recoverable_error'
  | 'permanent_error'
  | 'fatal_error'
  | 'stopping'
  | 'stopped';

/** What a running component sees of the collector around it. */
export interface Host {
  /**
   * What the started extension with this id (`type` or `type/name`) offers under a capability. Throws a StartError that says what there is
   * instead: for `start`. Where that extension is restarted in a reload, whoever asked for it is, too.
   */
  extension<K extends keyof Capabilities>(id: string, capability: K): Capabilities[K];
  /** A snapshot of the graph and its status, for health_check, zpages and the console. */
  describe(): HostDescription;
}

export interface HostDescription {
  readonly version: string;
  readonly startTimeMs: number;
  /** False until every component has started, from the beginning of a shutdown, and while a component accepts nothing. */
  readonly ready: boolean;
  readonly pipelines: readonly {
    readonly id: string;
    readonly signal: Signal;
    readonly mutatesData: boolean;
    readonly receivers: readonly string[];
    readonly processors: readonly string[];
    readonly exporters: readonly string[];
  }[];
  readonly extensions: readonly string[];
  readonly statuses: readonly {
    readonly kind: ComponentKind;
    readonly id: string;
    readonly pipeline: string;
    readonly status: ComponentStatus;
    readonly message: string;
    readonly sinceMs: number;
  }[];
}

/** What a factory gets besides the configuration. */
export interface CreateSettings {
  /** `type` or `type/name`, in the spelling of the configuration. */
  readonly id: string;
  /** The pipeline it works in (`traces`, `traces/2`); empty for receivers, exporters and extensions. */
  readonly pipeline: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly account: Account;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** For User-Agent and the like. */
  readonly version: string;
  /** `service.instance.id` of this collector: another one in each process. */
  readonly instanceId: string;
  /** Names besides its own that a listener answers to: `--allowed-hosts`. See #base/host-guard.ts. */
  readonly allowedHosts: readonly string[];
  /** otelcol's feature gates that are on: `--feature-gates`. */
  readonly featureGates: readonly string[];
  /** A folder that this component alone may write into; made by the component when it needs it. */
  readonly stateDir: string;
  reportStatus(status: ComponentStatus, message?: string): void;
  /** Whether the component accepts nothing of what is sent to it: then the collector is not available. */
  reportRefusing(isRefusing: boolean): void;
}

export interface Modernized {
  readonly block: MapNode;
  readonly warnings: readonly { readonly key: string; readonly message: string }[];
}

interface FactoryBase<Config> {
  /** The YAML type, in today's spelling (`otlp_grpc`). */
  readonly type: string;
  /** Older spellings that load with a warning (`otlp`). */
  readonly aliases?: readonly string[];
  readonly description: string;
  /** Fills defaults and refuses unknown keys. Built with the helpers of #config. */
  readonly schema: Schema<Config>;
  /**
   * Rewrites what earlier versions of otelcol called differently, before the schema reads the block. `type` is the type as it is written,
   * an older one perhaps. Each change is worth a warning at its key.
   */
  modernize?(block: MapNode, type: string): Modernized;
  /** Rules that span several fields. Returns one message per mistake; `path` is relative to the component's block. */
  validate?(config: Config): readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
}

export interface ReceiverFactory<Config = unknown> extends FactoryBase<Config> {
  readonly kind: 'receiver';
  readonly stability: Partial<Record<Signal, Stability>>;
  /** One instance per id; `next` has an entry for each signal that some pipeline takes from it. */
  create(settings: CreateSettings, config: Config, next: Partial<Record<Signal, Consumer>>): Receiver;
}
export interface ProcessorFactory<Config = unknown> extends FactoryBase<Config> {
  readonly kind: 'processor';
  readonly stability: Partial<Record<Signal, Stability>>;
  /** One instance per pipeline. */
  create(settings: CreateSettings, config: Config, signal: Signal, next: Consumer): Processor;
}
export interface ExporterFactory<Config = unknown> extends FactoryBase<Config> {
  readonly kind: 'exporter';
  readonly stability: Partial<Record<Signal, Stability>>;
  /** Present: the collector puts queue, in-queue batching, timeout and retry around the exporter. */
  delivery?(config: Config): DeliveryConfig;
  /**
   * The exporter counts what it has sent and lost itself (`exporter_sent_*` and the failures), because its `consume` resolves before the
   * data is where it goes. Without it the collector counts.
   */
  readonly countsItself?: true;
  /** Labels of what is sent and lost that name the far side: `server.address`, `server.port`, `url.path`. */
  peerLabels?(config: Config, signal: Signal): MetricLabels;
  /** One instance per id and signal. */
  create(settings: CreateSettings, config: Config, signal: Signal): Exporter;
}
export interface ConnectorFactory<Config = unknown> extends FactoryBase<Config> {
  readonly kind: 'connector';
  readonly stability: readonly { readonly from: Signal; readonly to: Signal; readonly stability: Stability }[];
  /** One instance per pair of signals. `next` fans out to the pipelines that it feeds, by pipeline id. */
  create(
    settings: CreateSettings,
    config: Config,
    from: Signal,
    to: Signal,
    next: ReadonlyMap<string, Consumer>,
  ): Connector;
}
export interface ExtensionFactory<Config = unknown> extends FactoryBase<Config> {
  readonly kind: 'extension';
  readonly stability: Stability;
  create(settings: CreateSettings, config: Config): Extension;
}
export type Factory =
  | ReceiverFactory<never>
  | ProcessorFactory<never>
  | ExporterFactory<never>
  | ConnectorFactory<never>
  | ExtensionFactory<never>;

/** Defined below, because net logs and counts too. */
export type {
  Counter,
  GaugeOptions,
  HistogramInstrument,
  InstrumentOptions,
  LogFields,
  Logger,
  Meter,
  MetricLabels,
} from '#base';
/** Defined beside its schema: `deliveryShape` of #config. */
export type { DeliveryConfig } from '#config';
