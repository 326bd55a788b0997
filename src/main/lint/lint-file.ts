import type { ConfigPlace } from '#base';
import {
  type CollectorDocument,
  type ComponentEntry,
  type ComponentSection,
  type ConfigNode,
  type MapNode,
  type NodePath,
  nodeAt,
  parseDuration,
  placeAt,
  readDocument,
} from '#config';
import type { Finding } from './finding.ts';
import { todayType } from './renames.ts';

export interface LintPipeline {
  readonly id: string;
  readonly signal: string;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** One component that some pipeline or the service uses. */
export class LintComponent {
  readonly entry: ComponentEntry;
  /** Today's. */
  readonly type: string;
  readonly #root: MapNode;

  constructor(entry: ComponentEntry, root: MapNode) {
    this.entry = entry;
    this.type = todayType(entry.section, entry.type);
    this.#root = root;
  }

  get id(): string {
    return this.entry.id;
  }

  node(...path: NodePath): ConfigNode | undefined {
    return nodeAt(this.#root, [...this.entry.path, ...path]);
  }

  /** The scalar at a path; undefined for none, and for lists and maps. */
  value(...path: NodePath): unknown {
    const node = this.node(...path);
    return node?.kind === 'scalar' ? node.value : undefined;
  }

  number(...path: NodePath): number | undefined {
    const value = this.value(...path);
    return typeof value === 'number' ? value : undefined;
  }

  /** In milliseconds. */
  duration(...path: NodePath): number | undefined {
    const value = this.value(...path);
    const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
    return parsed !== undefined && 'ms' in parsed ? parsed.ms : undefined;
  }

  /** A warning at the key at `path`, or at the component. `text` goes on behind the path. */
  warn(rule: string, path: NodePath, text: string): Finding {
    return this.find('warning', rule, path, text);
  }

  find(level: Finding['level'], rule: string, path: NodePath, text: string): Finding {
    const steps = [...this.entry.path, ...path];
    return { level, rule, message: `${steps.join('::')}: ${text}`, place: this.placeOf(path) };
  }

  placeOf(path: NodePath): ConfigPlace {
    return placeAt(this.#root, [...this.entry.path, ...path]);
  }
}

/** A configuration as rules look at it: as it is written, whether its components exist or not. */
export class LintFile {
  readonly document: CollectorDocument;
  readonly pipelines: readonly LintPipeline[];

  constructor(root: MapNode) {
    this.document = readDocument(root).document;
    this.pipelines = [...this.document.service.pipelines].map(([id, pipeline]) => ({
      id,
      signal: id.split('/')[0]!,
      ...pipeline,
    }));
  }

  get root(): MapNode {
    return this.document.root;
  }

  /** The used components of a section, of one of today's types if given. */
  used(section: ComponentSection, ...types: string[]): LintComponent[] {
    return [...this.document.components[section].values()]
      .filter(({ id }) => this.#uses(section, id))
      .map((entry) => new LintComponent(entry, this.root))
      .filter(({ type }) => types.length === 0 || types.includes(type));
  }

  /** Those that are defined and that nothing uses too. */
  defined(section: ComponentSection, ...types: string[]): LintComponent[] {
    return [...this.document.components[section].values()]
      .map((entry) => new LintComponent(entry, this.root))
      .filter(({ type }) => types.includes(type));
  }

  /** The first processor of one of these types in a pipeline. */
  processorIn(pipeline: LintPipeline, ...types: string[]): string | undefined {
    return pipeline.processors.find((id) => types.includes(todayType('processors', id.split('/')[0]!)));
  }

  /** The pipelines that feed this one by connectors, and those that feed them. */
  upstream(pipeline: LintPipeline): LintPipeline[] {
    const found = new Set<LintPipeline>();
    const add = ({ receivers }: LintPipeline): void => {
      for (const other of this.pipelines) {
        if (found.has(other) || !other.exporters.some((id) => this.#joins(id, receivers))) continue;
        found.add(other);
        add(other);
      }
    };
    add(pipeline);
    return [...found];
  }

  pipelineWarning(rule: string, pipeline: LintPipeline, text: string): Finding {
    const path = ['service', 'pipelines', pipeline.id];
    return { level: 'warning', rule, message: `${path.join('::')}: ${text}`, place: placeAt(this.root, path) };
  }

  #joins(id: string, receivers: readonly string[]): boolean {
    return this.document.components.connectors.has(id) && receivers.includes(id);
  }

  #uses(section: ComponentSection, id: string): boolean {
    if (section === 'extensions') return this.document.service.extensions.includes(id);
    return this.pipelines.some(({ receivers, processors, exporters }) => {
      if (section === 'connectors') return receivers.includes(id) || exporters.includes(id);
      return { receivers, processors, exporters }[section].includes(id);
    });
  }
}
