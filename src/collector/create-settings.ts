import { join } from 'node:path';
import type { Clock } from '#base';
import type { CreateSettings, LogFields, Meter } from '#component';
import type { Signal } from '#pdata';
import type { Accounts } from './accounts.ts';
import type { PlannedComponent } from './planned.ts';
import type { StatusBoard } from './status.ts';
import type { LogWriter } from './telemetry/logger.ts';
import type { MetricRegistry } from './telemetry/registry.ts';
import type { Watchers } from './watch.ts';

export interface CreateContextOptions {
  readonly registry: MetricRegistry;
  readonly accounts: Accounts;
  readonly watchers: Watchers;
  readonly log: LogWriter;
  readonly statuses: StatusBoard;
  readonly clock: Clock;
  readonly random: () => number;
  readonly version: string;
  readonly instanceId: string;
  readonly allowedHosts: readonly string[];
  readonly featureGates: readonly string[];
  /** Components get folders below it. */
  readonly stateDir: string;
}

export interface Place {
  readonly pipeline: string;
  readonly signal?: Signal;
}

/** Makes what each factory gets besides its configuration. */
export class CreateContext {
  /** For the measurements on the edges. */
  readonly meter: Meter;
  readonly accounts: Accounts;
  readonly watchers: Watchers;
  readonly #options: CreateContextOptions;

  constructor(options: CreateContextOptions) {
    this.#options = options;
    this.meter = options.registry.meter();
    this.accounts = options.accounts;
    this.watchers = options.watchers;
  }

  settings(component: PlannedComponent, { pipeline, signal }: Place): CreateSettings {
    const { registry, log, statuses, clock, random, version, instanceId, allowedHosts, featureGates, stateDir } =
      this.#options;
    const { kind, id } = component;
    const fields: LogFields = {
      'otelcol.component.id': id,
      'otelcol.component.kind': kind,
      ...(pipeline !== '' && { 'otelcol.pipeline.id': pipeline }),
      ...(signal !== undefined && { 'otelcol.signal': signal }),
    };
    const name = { kind, id, pipeline, instance: kind === 'exporter' ? (signal ?? '') : '' };
    return {
      id,
      pipeline,
      logger: log.logger(fields),
      meter: registry.meter({ [kind]: id }),
      account: this.accounts.account({ kind, id, pipeline }),
      clock,
      random,
      version,
      instanceId,
      allowedHosts,
      featureGates,
      stateDir: join(stateDir, `${kind}_${id.replace(/[^a-zA-Z0-9_-]+/g, '_')}`),
      reportStatus: (status, message) => statuses.set(name, status, message),
      reportRefusing: (isRefusing) => statuses.setRefusing(name, isRefusing),
    };
  }
}
