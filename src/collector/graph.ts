import type {
  Component,
  ComponentKind,
  Connector,
  ConnectorFactory,
  Consumer,
  Exporter,
  ExporterFactory,
  ExtensionFactory,
  Processor,
  ProcessorFactory,
  ReceiverFactory,
} from '#component';
import type { Signal } from '#pdata';
import type { CreateContext } from './create-settings.ts';
import { DeliveringExporter } from './delivery/delivery.ts';
import { type EdgeOptions, measured } from './edge.ts';
import { fanOut } from './fan-out.ts';
import type { Plan } from './plan.ts';
import { connectorEdges } from './plan-connectors.ts';
import type { PlannedComponent, PlannedPipeline } from './planned.ts';
import { ProcessorTime } from './processor-time.ts';

/** One instance in the graph. */
export interface GraphNode {
  readonly kind: ComponentKind;
  readonly id: string;
  /** Empty for receivers, exporters, connectors and extensions. */
  readonly pipeline: string;
  /** Tells apart the instances of an exporter or connector. */
  readonly instance: string;
  readonly component: Component;
}

export interface BuiltPipeline {
  readonly plan: PlannedPipeline;
  readonly mutatesData: boolean;
}

export interface Graph {
  readonly pipelines: readonly BuiltPipeline[];
  /** In the order in which they start; they stop in the opposite one. */
  readonly nodes: readonly GraphNode[];
  readonly extensions: ReadonlyMap<string, Component>;
  /** The exporter of this id and signal, created if no pipeline has it: for feeding the collector's own telemetry into one. */
  exporter(id: string, signal: Signal): Exporter;
  /** By id and signal. */
  readonly exporters: ReadonlyMap<string, DeliveringExporter>;
}

/**
 * Creates all instances of a plan and joins them: extensions, exporters, then pipeline by pipeline from the far end (connectors,
 * processors back to front), receivers last. Creating opens nothing, so a graph can be built while another one runs.
 */
export function buildGraph(plan: Plan, context: CreateContext): Graph {
  return new GraphBuilder(plan, context).build();
}

class GraphBuilder {
  readonly #plan: Plan;
  readonly #context: CreateContext;
  readonly #nodes: GraphNode[] = [];
  readonly #exporters = new Map<string, DeliveringExporter>();
  /** What takes a pipeline's data at its start. */
  readonly #heads = new Map<string, Consumer>();
  readonly #connectors = new Map<string, Consumer>();

  constructor(plan: Plan, context: CreateContext) {
    this.#plan = plan;
    this.#context = context;
  }

  build(): Graph {
    const { document, components, pipelines } = this.#plan;
    const extensions = new Map<string, Component>();
    for (const id of new Set(document.service.extensions)) {
      const planned = components.extensions.get(id)!;
      const factory = planned.factory as ExtensionFactory<unknown>;
      const component = factory.create(this.#context.settings(planned, { pipeline: '' }), planned.config);
      this.#add(planned, { pipeline: '', instance: '' }, component);
      extensions.set(id, component);
    }
    for (const pipeline of pipelines) {
      for (const id of pipeline.exporters) if (components.exporters.has(id)) this.#exporter(id, pipeline.signal);
    }
    const built = pipelines.map((pipeline) => this.#pipeline(pipeline));
    const receivers = new Set(pipelines.flatMap((pipeline) => pipeline.receivers));
    for (const id of receivers) if (components.receivers.has(id)) this.#receiver(components.receivers.get(id)!);
    const order = new Map([...document.service.pipelines.keys()].map((id, i) => [id, i]));
    built.sort((a, b) => (order.get(a.plan.id) ?? 0) - (order.get(b.plan.id) ?? 0));
    return {
      pipelines: built,
      nodes: this.#nodes,
      extensions,
      exporter: (id, signal) => this.#exporter(id, signal),
      exporters: this.#exporters,
    };
  }

  #pipeline(pipeline: PlannedPipeline): BuiltPipeline {
    const { signal } = pipeline;
    const tail: Consumer[] = [];
    for (const id of pipeline.exporters) {
      if (this.#plan.components.exporters.has(id)) {
        const edge = { kind: 'exporter', id, signal, pipeline: '', side: 'consumed' } as const;
        tail.push(this.#measured(edge, this.#exporter(id, signal)));
      } else tail.push(...this.#connectorsFrom(id, pipeline));
    }
    let next = fanOut(tail);
    for (const id of pipeline.processors.toReversed()) next = this.#processor(id, pipeline, next);
    this.#heads.set(pipeline.id, next);
    return { plan: pipeline, mutatesData: next.mutatesData };
  }

  #processor(id: string, { id: pipeline, signal }: PlannedPipeline, next: Consumer): Consumer {
    const planned = this.#plan.components.processors.get(id)!;
    const edge = { kind: 'processor', id, signal, pipeline } as const;
    const factory = planned.factory as ProcessorFactory<unknown>;
    const time = new ProcessorTime(this.#context.meter, edge);
    const processor: Processor = factory.create(
      this.#context.settings(planned, { pipeline, signal }),
      planned.config,
      signal,
      time.ends(this.#measured({ ...edge, side: 'produced' }, next)),
    );
    this.#add(planned, { pipeline, instance: '' }, processor);
    const consumed = this.#measured({ ...edge, side: 'consumed' }, time.begins(processor));
    // What a later step changes is changed for everybody who holds the batch: the whole chain counts.
    return {
      mutatesData: processor.mutatesData || next.mutatesData,
      consume: (batch, abort) => consumed.consume(batch, abort),
    };
  }

  #exporter(id: string, signal: Signal): DeliveringExporter {
    const key = `${id} ${signal}`;
    let exporter = this.#exporters.get(key);
    if (exporter === undefined) {
      const planned = this.#plan.components.exporters.get(id)!;
      const factory = planned.factory as ExporterFactory<unknown>;
      const settings = this.#context.settings(planned, { pipeline: '', signal });
      exporter = new DeliveringExporter(
        factory.create(settings, planned.config, signal),
        factory.delivery?.(planned.config),
        {
          ...settings,
          signal,
          ledger: this.#context.accounts.ledger({ kind: 'exporter', id, pipeline: '' }, signal),
          countsItself: factory.countsItself === true,
          peerLabels: factory.peerLabels?.(planned.config, signal),
        },
      );
      this.#exporters.set(key, exporter);
      this.#add(planned, { pipeline: '', instance: signal }, exporter);
    }
    return exporter;
  }

  /** One instance per pair of signals, which takes from all pipelines of the first and feeds all of the second. */
  #connectorsFrom(id: string, pipeline: PlannedPipeline): Consumer[] {
    const { pipelines, components } = this.#plan;
    const planned = components.connectors.get(id)!;
    const edges = connectorEdges(pipelines, components).filter(
      (edge) => edge.connector === id && edge.from.signal === pipeline.signal,
    );
    const from = pipeline.signal;
    return [...new Set(edges.map((edge) => edge.to.signal))].map((to) => {
      const key = `${id} ${from} ${to}`;
      const known = this.#connectors.get(key);
      if (known !== undefined) return known;
      const next = new Map<string, Consumer>();
      const connectorEdge = { kind: 'connector', id, pipeline: '', from, to } as const;
      for (const edge of edges) {
        if (edge.to.signal !== to) continue;
        const into = edge.to.id;
        const head = this.#heads.get(into)!;
        next.set(into, this.#measured({ ...connectorEdge, side: 'produced', signal: to, into }, head));
      }
      const factory = planned.factory as ConnectorFactory<unknown>;
      const settings = this.#context.settings(planned, { pipeline: '', signal: from });
      const connector: Connector = factory.create(settings, planned.config, from, to, next);
      this.#add(planned, { pipeline: '', instance: `${from} ${to}` }, connector);
      const consumed = this.#measured({ ...connectorEdge, side: 'consumed', signal: from }, connector);
      const mutatesData = connector.mutatesData || [...next.values()].some((consumer) => consumer.mutatesData);
      const consumer: Consumer = { mutatesData, consume: (batch, abort) => consumed.consume(batch, abort) };
      this.#connectors.set(key, consumer);
      return consumer;
    });
  }

  #receiver(planned: PlannedComponent): void {
    const { id } = planned;
    const next: Partial<Record<Signal, Consumer>> = {};
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      const heads = this.#plan.pipelines
        .filter((pipeline) => pipeline.signal === signal && pipeline.receivers.includes(id))
        .map((pipeline) => this.#heads.get(pipeline.id)!);
      if (heads.length === 0) continue;
      const edge = { kind: 'receiver', id, signal, pipeline: '', side: 'produced' } as const;
      next[signal] = this.#measured(edge, fanOut(heads));
    }
    const factory = planned.factory as ReceiverFactory<unknown>;
    const component = factory.create(this.#context.settings(planned, { pipeline: '' }), planned.config, next);
    this.#add(planned, { pipeline: '', instance: '' }, component);
  }

  #measured(edge: EdgeOptions, consumer: Consumer): Consumer {
    return measured(this.#context.meter, this.#context.accounts, edge, consumer);
  }

  #add(planned: PlannedComponent, where: { pipeline: string; instance: string }, component: Component): void {
    const node: GraphNode = { kind: planned.kind, id: planned.id, ...where, component };
    // One that only the own telemetry asks for comes late, and still starts and stops with the other exporters.
    const isBefore = ({ kind }: GraphNode): boolean => kind === 'extension' || kind === 'exporter';
    if (planned.kind === 'exporter') this.#nodes.splice(this.#nodes.findLastIndex(isBefore) + 1, 0, node);
    else this.#nodes.push(node);
  }
}
