import { cancelledError, onAbort } from '#base';
import type { Component, ComponentKind, Consumer } from '#component';
import type { Batch } from '#pdata';
import type { PlannedComponent } from './planned.ts';

/** The name of an instance in the graph. */
export interface NodeName {
  readonly kind: ComponentKind;
  readonly id: string;
  /** Empty for receivers, exporters, connectors and extensions. */
  readonly pipeline: string;
  /** Tells apart the instances of an exporter or connector. */
  readonly instance: string;
}

/** One instance in the graph. */
export interface GraphNode extends NodeName {
  readonly planned: PlannedComponent;
  /** What it was made for: an instance with another position is another one. */
  readonly position: string;
  readonly component: Component;
  /** What takes its batches, by the signal or pipeline that they are for. */
  readonly sockets: ReadonlyMap<string, Socket>;
  /** Processors and connectors: what they are given, measured. */
  readonly entry: Consumer | undefined;
  /** Ids of the extensions that it has asked for. */
  readonly uses: Set<string>;
}

export function nameOf({ kind, id, pipeline, instance }: NodeName): string {
  return [kind, id, pipeline, instance].join('\u0000');
}

/** Where batches go: a consumer, and the instances that it leads to straight away. */
export interface Target {
  readonly consumer: Consumer;
  readonly nodes: readonly GraphNode[];
}

/**
 * What a component is given as its next consumer. In a reload the component may stay while what is behind it is replaced: then the socket
 * holds its batches up from the moment when that stops until `connect` says what takes them.
 */
export class Socket implements Consumer {
  #target: Target;
  #open = 0;
  #onIdle: (() => void)[] = [];
  /** While it is paused: resolves when it goes on. */
  #gate: PromiseWithResolvers<void> | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  get mutatesData(): boolean {
    return this.#target.consumer.mutatesData;
  }

  get nodes(): readonly GraphNode[] {
    return this.#target.nodes;
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    while (this.#gate !== undefined) await untilAborted(this.#gate.promise, abort);
    this.#open++;
    try {
      await this.#target.consumer.consume(batch, abort);
    } finally {
      if (--this.#open === 0) for (const done of this.#onIdle.splice(0)) done();
    }
  }

  /** Holds up what comes from now on. Resolves when what had passed is answered. */
  async pause(): Promise<void> {
    this.#gate ??= Promise.withResolvers();
    if (this.#open > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** From now on batches go there, those that were held up first. */
  connect(target: Target): void {
    this.#target = target;
    this.#gate?.resolve();
    this.#gate = undefined;
  }
}

async function untilAborted(promise: Promise<void>, abort: AbortSignal | undefined): Promise<void> {
  let stopWatching = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stopWatching = onAbort(abort, () => reject(cancelledError()));
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    stopWatching();
  }
}
