import type {
  Component,
  ComponentRegistry,
  ComponentSource,
  Consumer,
  ExporterFactory,
  ExtensionFactory,
  Factory,
  ProcessorFactory,
  ReceiverFactory,
} from '#component';
import { ComponentRegistry as Registry } from '#component';
import { type ConfigNode, type MapNode, nodeAt, strictObject, withNodeAt } from '#config';
import { attributeKey, type Batch, type Signal } from '#pdata';
import type { Stub } from './case-file.ts';

/** What arrives at the edges of the pipelines of a case. */
export interface Edges {
  /** Called with what each receiver hands on to, by signal. */
  received(id: string, next: Partial<Record<Signal, Consumer>>): void;
  /** Called with each exporter that a pipeline has. */
  exporting(id: string): void;
  /** Called with each batch that an exporter is given. */
  exported(id: string, batch: Batch): void;
}

const NOTHING: Component = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() };
const STUB = 'stub';
const ALL = { traces: 'stable', metrics: 'stable', logs: 'stable' } as const;

/**
 * The components that there are, with nothing at the edges: receivers give what the case gives, exporters keep what arrives, extensions do
 * nothing. All read and check their settings as ever, so that a configuration with mistakes is refused.
 */
export class ReplacedRegistry extends Registry {
  readonly #real: ComponentRegistry;
  readonly #edges: Edges;
  readonly #stub: ComponentSource;

  constructor(real: ComponentRegistry, edges: Edges, stubs: ReadonlyMap<string, Stub>) {
    super(real.sources);
    this.#real = real;
    this.#edges = edges;
    const factory = stubFactory(stubs);
    this.#stub = { kind: 'processor', type: STUB, load: () => Promise.resolve(factory as unknown as Factory) };
  }

  override find(...[kind, type]: Parameters<ComponentRegistry['find']>): ComponentSource | undefined {
    if (kind === 'processor' && type === STUB) return this.#stub;
    const source = this.#real.find(kind, type);
    if (source === undefined || kind === 'processor' || kind === 'connector') return source;
    return { ...source, load: async () => this.#replaced(await source.load()) };
  }

  override adviceFor(...[kind, type]: Parameters<ComponentRegistry['adviceFor']>): string | undefined {
    return this.#real.adviceFor(kind, type);
  }

  #replaced(factory: Factory): Factory {
    switch (factory.kind) {
      case 'receiver':
        return {
          ...factory,
          create: (settings, _config, next) => {
            this.#edges.received(settings.id, next);
            return NOTHING;
          },
        } satisfies ReceiverFactory<never>;
      case 'exporter': {
        const { delivery: _, countsItself: __, ...own } = factory;
        return {
          ...own,
          create: (settings) => {
            this.#edges.exporting(settings.id);
            return {
              ...NOTHING,
              mutatesData: false,
              consume: async (batch: Batch) => this.#edges.exported(settings.id, batch),
            };
          },
        } satisfies ExporterFactory<never>;
      }
      case 'extension':
        return { ...factory, create: () => ({ ...NOTHING, capabilities: {} }) } satisfies ExtensionFactory<never>;
      default:
        return factory;
    }
  }
}

function stubFactory(stubs: ReadonlyMap<string, Stub>): ProcessorFactory<object> {
  return {
    kind: 'processor',
    type: STUB,
    description: 'stands for a processor in a test',
    schema: strictObject({}),
    stability: ALL,
    create: (settings, _config, _signal, next) => {
      const added = [...(stubs.get(realId(settings.id))?.resource ?? [])].map(([key, value]) => ({
        key: attributeKey(key),
        value,
      }));
      return {
        ...NOTHING,
        mutatesData: added.length > 0,
        consume: (batch, abort) => {
          for (const chunk of added.length > 0 ? batch.chunks : []) {
            for (let resource = 0; resource < chunk.resourceCount; resource++) {
              for (const { key, value } of added) chunk.resourceAttributes.of(resource).set(key, value);
            }
          }
          return next.consume(batch, abort);
        },
      };
    },
  };
}

/** The id that a component has in the file. */
export function realId(id: string): string {
  return id.startsWith(`${STUB}/`) ? id.slice(STUB.length + 1) : id;
}

/** The configuration with stubs in place of these processors. The ids that no processor has are returned, too. */
export function withStubs(
  root: MapNode,
  stubs: ReadonlyMap<string, Stub>,
): { readonly root: MapNode; readonly unknown: readonly string[] } {
  const processors = nodeAt(root, ['processors']);
  const pipelines = nodeAt(root, ['service', 'pipelines']);
  if (stubs.size === 0) return { root, unknown: [] };
  if (processors?.kind !== 'map' || pipelines?.kind !== 'map') return { root, unknown: [...stubs.keys()] };
  const entries = new Map<string, { keyPlace: MapNode['place']; node: ConfigNode }>();
  for (const [id, entry] of processors.entries) {
    if (!stubs.has(id)) entries.set(id, entry);
    else entries.set(`${STUB}/${id}`, { ...entry, node: { kind: 'map', place: entry.node.place, entries: new Map() } });
  }
  let changed = withNodeAt(root, ['processors'], { ...processors, entries });
  for (const id of pipelines.entries.keys()) {
    const path = ['service', 'pipelines', id, 'processors'];
    const list = nodeAt(changed, path);
    if (list?.kind !== 'list') continue;
    const items = list.items.map((item) => {
      const isStubbed = item.kind === 'scalar' && typeof item.value === 'string' && stubs.has(item.value);
      return isStubbed ? { ...item, value: `${STUB}/${item.value}` } : item;
    });
    changed = withNodeAt(changed, path, { ...list, items });
  }
  return { root: changed, unknown: [...stubs.keys()].filter((id) => !processors.entries.has(id)) };
}
