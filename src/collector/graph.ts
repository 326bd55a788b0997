import {
  type Component,
  type ConnectorFactory,
  type Consumer,
  type CreateSettings,
  type Exporter,
  type ExporterFactory,
  type Extension,
  type ExtensionFactory,
  fanOut,
  type ProcessorFactory,
  type ReceiverFactory,
} from '#component';
import { SIGNALS, type Signal } from '#pdata';
import type { CreateContext } from './create-settings.ts';
import { DeliveringExporter } from './delivery/delivery.ts';
import { measured } from './edge.ts';

import { isKept } from './kept.ts';
import { type GraphNode, type NodeName, nameOf, Socket, type Target } from './node.ts';
import type { EdgeOptions } from './places.ts';
import type { Plan } from './plan.ts';
import { connectorEdges } from './plan-connectors.ts';
import type { PlannedComponent, PlannedPipeline } from './planned.ts';
import { ProcessorTime } from './processor-time.ts';

export interface BuiltPipeline {
  readonly plan: PlannedPipeline;
  readonly mutatesData: boolean;
}

export interface Graph {
  readonly pipelines: readonly BuiltPipeline[];
  /** In the order in which they start; they stop in the opposite one. */
  readonly nodes: readonly GraphNode[];
  /** Those of them that run already, in the graph before. */
  readonly kept: ReadonlySet<GraphNode>;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** The exporter of this id and signal, created if no pipeline has it: for feeding the collector's own telemetry into one. */
  exporter(id: string, signal: Signal): Exporter;
  /** By id and signal. */
  readonly exporters: ReadonlyMap<string, DeliveringExporter>;
  /** Leads the batches of those that were kept to what is behind them now. */
  connect(): void;
}

/**
 * Creates all instances of a plan and joins them: extensions, exporters, then pipeline by pipeline from the far end (connectors,
 * processors back to front), receivers last. Creating opens nothing, so a graph can be built while another one runs. Of that one, `running`
 * are the instances that may stay: those do whose configuration, position and extensions are the same.
 */
export function buildGraph(plan: Plan, context: CreateContext, running: readonly GraphNode[] = []): Graph {
  return new GraphBuilder(plan, context, running).build();
}

class GraphBuilder {
  readonly #plan: Plan;
  readonly #context: CreateContext;
  readonly #running: ReadonlyMap<string, GraphNode>;
  readonly #nodes: GraphNode[] = [];
  readonly #kept = new Set<GraphNode>();
  /** Where the sockets of kept instances lead from now on. */
  readonly #plugs: { readonly socket: Socket; readonly target: Target }[] = [];
  readonly #exporters = new Map<string, { readonly node: GraphNode; readonly exporter: DeliveringExporter }>();
  /** What takes a pipeline's data at its start. */
  readonly #heads = new Map<string, Target>();
  readonly #connectors = new Map<string, Target>();

  constructor(plan: Plan, context: CreateContext, running: readonly GraphNode[]) {
    this.#plan = plan;
    this.#context = context;
    this.#running = new Map(running.map((node) => [nameOf(node), node]));
  }

  build(): Graph {
    const { document, components, pipelines } = this.#plan;
    const extensions = new Map<string, Extension>();
    for (const id of new Set(document.service.extensions)) {
      const planned = components.extensions.get(id)!;
      const factory = planned.factory as ExtensionFactory<unknown>;
      const place = { planned, pipeline: '', instance: '', position: '' };
      const node = this.#node(place, new Map(), (settings) => factory.create(settings, planned.config));
      extensions.set(id, node.component);
    }
    for (const pipeline of pipelines) {
      for (const id of pipeline.exporters) if (components.exporters.has(id)) this.#exporter(id, pipeline.signal);
    }
    const built = pipelines.map((pipeline) => this.#pipeline(pipeline));
    const receivers = new Set(pipelines.flatMap((pipeline) => pipeline.receivers));
    for (const id of receivers) if (components.receivers.has(id)) this.#receiver(components.receivers.get(id)!);
    const order = new Map([...document.service.pipelines.keys()].map((id, i) => [id, i]));
    built.sort((a, b) => (order.get(a.plan.id) ?? 0) - (order.get(b.plan.id) ?? 0));
    const exporters = new Map<string, DeliveringExporter>();
    for (const [key, { exporter }] of this.#exporters) exporters.set(key, exporter);
    return {
      pipelines: built,
      nodes: this.#nodes,
      kept: this.#kept,
      extensions,
      exporter: (id, signal) => {
        const { exporter } = this.#exporter(id, signal);
        exporters.set(`${id} ${signal}`, exporter);
        return exporter;
      },
      exporters,
      connect: () => {
        for (const { socket, target } of this.#plugs.splice(0)) socket.connect(target);
      },
    };
  }

  #pipeline(pipeline: PlannedPipeline): BuiltPipeline {
    const { signal } = pipeline;
    const tail: Target[] = [];
    for (const id of pipeline.exporters) {
      if (this.#plan.components.exporters.has(id)) {
        const { node, exporter } = this.#exporter(id, signal);
        const edge = { kind: 'exporter', id, signal, pipeline: '', side: 'consumed', out: pipeline.id } as const;
        tail.push({ consumer: this.#measured(edge, exporter), nodes: [node] });
      } else tail.push(...this.#connectorsFrom(id, pipeline));
    }
    let next = joined(tail);
    for (const id of pipeline.processors.toReversed()) next = this.#processor(id, pipeline, next);
    this.#heads.set(pipeline.id, next);
    return { plan: pipeline, mutatesData: next.consumer.mutatesData };
  }

  #processor(id: string, { id: pipeline, signal }: PlannedPipeline, next: Target): Target {
    const planned = this.#plan.components.processors.get(id)!;
    const edge = { kind: 'processor', id, signal, pipeline } as const;
    const factory = planned.factory as ProcessorFactory<unknown>;
    const time = new ProcessorTime(this.#context.meter, edge);
    const place = { planned, pipeline, instance: '', position: pipeline, signal };
    const node = this.#node(
      place,
      new Map([['', next]]),
      (settings, sockets) => {
        const socket = this.#measured({ ...edge, side: 'produced' }, sockets.get('')!);
        return factory.create(settings, planned.config, signal, time.ends(socket));
      },
      (component) => this.#measured({ ...edge, side: 'consumed' }, time.begins(component)),
    );
    return targetOf(node, next.consumer.mutatesData);
  }

  #exporter(id: string, signal: Signal): { readonly node: GraphNode; readonly exporter: DeliveringExporter } {
    const key = `${id} ${signal}`;
    const known = this.#exporters.get(key);
    if (known !== undefined) return known;
    const planned = this.#plan.components.exporters.get(id)!;
    const factory = planned.factory as ExporterFactory<unknown>;
    const place = { planned, pipeline: '', instance: signal, position: signal, signal };
    const node = this.#node(place, new Map(), (settings) => {
      const inner = factory.create(settings, planned.config, signal);
      return new DeliveringExporter(inner, factory.delivery?.(planned.config), {
        ...settings,
        signal,
        ledger: this.#context.accounts.ledger({ kind: 'exporter', id, pipeline: '' }, signal),
        countsItself: factory.countsItself === true,
        peerLabels: factory.peerLabels?.(planned.config, signal),
      });
    });
    const made = { node, exporter: node.component as DeliveringExporter };
    this.#exporters.set(key, made);
    return made;
  }

  /** One instance per pair of signals, which takes from all pipelines of the first and feeds all of the second. */
  #connectorsFrom(id: string, pipeline: PlannedPipeline): Target[] {
    const { pipelines, components } = this.#plan;
    const edges = connectorEdges(pipelines, components).filter(
      (edge) => edge.connector === id && edge.from.signal === pipeline.signal,
    );
    const from = pipeline.signal;
    return [...new Set(edges.map((edge) => edge.to.signal))].map((to) => {
      const key = `${id} ${from} ${to}`;
      const fed = [...new Set(edges.filter((edge) => edge.to.signal === to).map((edge) => edge.to.id))];
      const known = this.#connectors.get(key) ?? this.#connector(id, from, to, fed);
      this.#connectors.set(key, known);
      return known;
    });
  }

  #connector(id: string, from: Signal, to: Signal, fed: readonly string[]): Target {
    const planned = this.#plan.components.connectors.get(id)!;
    const factory = planned.factory as ConnectorFactory<unknown>;
    const edge = { kind: 'connector', id, pipeline: '', from, to } as const;
    const next = new Map(fed.map((into) => [into, this.#heads.get(into)!]));
    const position = [from, to, ...fed].join(' ');
    const place = { planned, pipeline: '', instance: `${from} ${to}`, position, signal: from };
    const node = this.#node(
      place,
      next,
      (settings, sockets) => {
        const measuredNext = new Map<string, Consumer>();
        for (const [into, socket] of sockets) {
          measuredNext.set(into, this.#measured({ ...edge, side: 'produced', signal: to, into }, socket));
        }
        return factory.create(settings, planned.config, from, to, measuredNext);
      },
      (component) => this.#measured({ ...edge, side: 'consumed', signal: from }, component),
    );
    return targetOf(
      node,
      [...next.values()].some(({ consumer }) => consumer.mutatesData),
    );
  }

  #receiver(planned: PlannedComponent): void {
    const { id } = planned;
    const next = new Map<Signal, Target>();
    for (const signal of SIGNALS) {
      const heads = this.#plan.pipelines
        .filter((pipeline) => pipeline.signal === signal && pipeline.receivers.includes(id))
        .map((pipeline) => this.#heads.get(pipeline.id)!);
      if (heads.length > 0) next.set(signal, joined(heads));
    }
    const factory = planned.factory as ReceiverFactory<unknown>;
    const place = { planned, pipeline: '', instance: '', position: [...next.keys()].join(' ') };
    this.#node(place, next, (settings, sockets) => {
      const measuredNext: Partial<Record<Signal, Consumer>> = {};
      for (const [signal, socket] of sockets as ReadonlyMap<Signal, Socket>) {
        const edge = { kind: 'receiver', id, signal, pipeline: '', side: 'produced' } as const;
        measuredNext[signal] = this.#measured(edge, socket);
      }
      return factory.create(settings, planned.config, measuredNext);
    });
  }

  #measured(edge: EdgeOptions, consumer: Consumer): Consumer {
    return measured(this.#context, edge, consumer);
  }

  /** The instance that runs already, if it may stay, or a new one. `next` is what its sockets lead to. */
  #node<C extends Component>(
    place: Pick<GraphNode, 'planned' | 'pipeline' | 'instance' | 'position'> & { readonly signal?: Signal },
    next: ReadonlyMap<string, Target>,
    make: (settings: CreateSettings, sockets: ReadonlyMap<string, Socket>) => C,
    entryOf?: (component: C) => Consumer,
  ): GraphNode {
    const { planned, pipeline, instance, position, signal } = place;
    const name: NodeName = { kind: planned.kind, id: planned.id, pipeline, instance };
    const running = this.#running.get(nameOf(name));
    if (running !== undefined && isKept(running, place, this.#kept)) {
      for (const [key, socket] of running.sockets) this.#plugs.push({ socket, target: next.get(key)! });
      this.#kept.add(running);
      this.#add(running);
      return running;
    }
    const sockets = new Map([...next].map(([key, target]) => [key, new Socket(target)]));
    const settings = this.#context.settings(planned, { pipeline, ...(signal !== undefined && { signal }) });
    const component = make(settings, sockets);
    const node: GraphNode = {
      ...name,
      planned,
      position,
      component,
      sockets,
      entry: entryOf?.(component),
      uses: new Set(),
    };
    this.#add(node);
    return node;
  }

  #add(node: GraphNode): void {
    // One that only the own telemetry asks for comes late, and still starts and stops with the other exporters.
    const isBefore = ({ kind }: GraphNode): boolean => kind === 'extension' || kind === 'exporter';
    if (node.kind === 'exporter') this.#nodes.splice(this.#nodes.findLastIndex(isBefore) + 1, 0, node);
    else this.#nodes.push(node);
  }
}

function joined(targets: readonly Target[]): Target {
  return {
    consumer: fanOut(targets.map(({ consumer }) => consumer)),
    nodes: [...new Set(targets.flatMap(({ nodes }) => nodes))],
  };
}

/** What a later step changes is changed for everybody who holds the batch: the whole chain counts. */
function targetOf(node: GraphNode, nextMutatesData: boolean): Target {
  const entry = node.entry!;
  const mutatesData = entry.mutatesData || nextMutatesData;
  return { consumer: { mutatesData, consume: (batch, abort) => entry.consume(batch, abort) }, nodes: [node] };
}
