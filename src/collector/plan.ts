import { ConfigError, nearest } from '#base';
import type { ComponentKind, ComponentRegistry, Factory } from '#component';
import {
  type CollectorDocument,
  type ComponentEntry,
  type ComponentSection,
  type ConfigWarning,
  idleKeysIn,
  type MapNode,
  nodeAt,
  placeAt,
  readBlock,
  readDocument,
  type Schema,
  withNodeAt,
} from '#config';
import { checkConnectors } from './plan-connectors.ts';
import { checkPipelines } from './plan-pipelines.ts';
import type { PlannedComponent, PlannedComponents, PlannedPipeline } from './planned.ts';

/** A checked configuration, ready to be built. Components that nothing refers to are in it but are never created. */
export interface Plan {
  readonly document: CollectorDocument;
  readonly components: PlannedComponents;
  /** In an order in which every pipeline comes after those that its connectors feed. */
  readonly pipelines: readonly PlannedPipeline[];
}

export interface Planned {
  /** Undefined if there are errors. */
  readonly plan: Plan | undefined;
  readonly errors: readonly ConfigError[];
  /** Old names and components that nothing uses. */
  readonly warnings: readonly ConfigWarning[];
}

const KIND_OF: Readonly<Record<ComponentSection, ComponentKind>> = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  connectors: 'connector',
  extensions: 'extension',
};

/** Checks a loaded configuration against the components that there are. Opens nothing, and collects all mistakes. */
export async function planCollector(root: MapNode, registry: ComponentRegistry): Promise<Planned> {
  const { document, errors: documentErrors, hasAllPipelines } = readDocument(root);
  const errors = [...documentErrors];
  const warnings: ConfigWarning[] = [];
  const read = async (section: ComponentSection): Promise<Map<string, PlannedComponent>> => {
    const planned = new Map<string, PlannedComponent>();
    for (const entry of document.components[section].values()) {
      const component = await readComponent(entry, root, registry, errors, warnings);
      if (component !== undefined) planned.set(entry.id, component);
    }
    return planned;
  };
  const components: PlannedComponents = {
    receivers: await read('receivers'),
    processors: await read('processors'),
    exporters: await read('exporters'),
    connectors: await read('connectors'),
    extensions: await read('extensions'),
  };
  const pipelines = checkPipelines(document, components, errors, hasAllPipelines);
  checkExtensions(document, components, errors);
  // What a pipeline that can't be read would use is not known.
  const ordered = hasAllPipelines ? checkConnectors(document, components, pipelines, errors) : pipelines;
  if (hasAllPipelines) warnUnused(document, warnings);
  const plan = errors.length === 0 ? { document, components, pipelines: ordered } : undefined;
  return { plan, errors, warnings };
}

async function readComponent(
  entry: ComponentEntry,
  root: MapNode,
  registry: ComponentRegistry,
  errors: ConfigError[],
  warnings: ConfigWarning[],
): Promise<PlannedComponent | undefined> {
  const kind = KIND_OF[entry.section];
  const path = entry.path.join('::');
  const source = registry.find(kind, entry.type);
  if (source === undefined) {
    const message = `'${entry.section}' unknown type: "${entry.type}" for id: "${entry.id}"${unknownType(kind, entry.type, registry)}`;
    errors.push(new ConfigError(path, message, entry.place));
    return undefined;
  }
  if (source.type !== entry.type) {
    const message = `"${entry.type}" alias is deprecated; use "${source.type}" instead`;
    warnings.push({ message: `${path}: ${message}`, place: entry.place });
  }
  const factory = await source.load();
  const schema = factory.schema as Schema<unknown>;
  const today = modernized(factory, entry, root, warnings);
  const result = readBlock(schema, {
    root: today,
    path: entry.path,
    subject: `'${entry.section}' error reading configuration for "${entry.id}"`,
  });
  if ('errors' in result) {
    for (const error of result.errors) errors.push(error);
    return undefined;
  }
  const validate = factory.validate as ((config: unknown) => ReturnType<NonNullable<Factory['validate']>>) | undefined;
  const mistakes = validate?.call(factory, result.value) ?? [];
  for (const mistake of mistakes) {
    const steps = [...entry.path, ...mistake.path];
    errors.push(new ConfigError(steps.join('::'), `${steps.join('::')}: ${mistake.message}`, placeAt(root, steps)));
  }
  if (mistakes.length > 0) return undefined;
  for (const { path: keys, why } of idleKeysIn(schema, nodeAt(today, entry.path))) {
    const steps = [...entry.path, ...keys];
    warnings.push({ message: `${steps.join('::')} has no effect: ${why}`, place: placeAt(root, steps) });
  }
  return { kind, id: entry.id, factory, config: result.value, texts: result.texts, place: entry.place };
}

/** Behind otelcol's words for a type that is not known: those that are, or why this one is not, or what was meant. */
function unknownType(kind: ComponentKind, type: string, registry: ComponentRegistry): string {
  const advice = registry.adviceFor(kind, type);
  if (advice !== undefined) return `, which is gone: ${advice}`;
  const types = registry.types(kind);
  const valid = ` (valid values: [${types.join(' ')}])`;
  const bare = (name: string): string => name.replaceAll('_', '');
  const absent = registry.absent.find((one) => one.kind === kind && bare(one.type) === bare(type));
  if (absent !== undefined) return `${valid}; otelcol has it: here ${absent.reason} (docs/components/absent.md)`;
  const near = nearest(type, types);
  return near === undefined ? valid : `${valid}; did you mean "${near}"?`;
}

/** The tree with the component's block as it is written today. */
function modernized(factory: Factory, entry: ComponentEntry, root: MapNode, warnings: ConfigWarning[]): MapNode {
  const block = nodeAt(root, entry.path);
  const path = entry.path.map(String);
  const isEmpty = block?.kind === 'scalar' && block.value === null;
  if (factory.modernize === undefined || (block?.kind !== 'map' && !isEmpty)) return root;
  const map: MapNode = block.kind === 'map' ? block : { kind: 'map', place: block.place, entries: new Map() };
  const today = factory.modernize(map, entry.type);
  for (const { key, message } of today.warnings) {
    const steps = [...entry.path, key];
    warnings.push({ message: `${steps.join('::')}: ${message}`, place: placeAt(root, steps) });
  }
  return today.block === map ? root : withNodeAt(root, path, today.block);
}

function checkExtensions(document: CollectorDocument, components: PlannedComponents, errors: ConfigError[]): void {
  document.service.extensions.forEach((id, i) => {
    if (components.extensions.has(id) || document.components.extensions.has(id)) return;
    const place = placeAt(document.root, ['service', 'extensions', i]);
    errors.push(
      new ConfigError(
        `service::extensions`,
        `service::extensions: references extension "${id}" which is not configured`,
        place,
      ),
    );
  });
}

/** otelcol says nothing about these; it is why a redaction that stands in no pipeline goes unnoticed. */
function warnUnused(document: CollectorDocument, warnings: ConfigWarning[]): void {
  const used = new Set(document.service.extensions.map((id) => `extensions ${id}`));
  for (const pipeline of document.service.pipelines.values()) {
    for (const id of pipeline.receivers) used.add(`receivers ${id}`).add(`connectors ${id}`);
    for (const id of pipeline.processors) used.add(`processors ${id}`);
    for (const id of pipeline.exporters) used.add(`exporters ${id}`).add(`connectors ${id}`);
  }
  for (const [section, entries] of Object.entries(document.components)) {
    for (const entry of entries.values()) {
      if (used.has(`${section} ${entry.id}`)) continue;
      const where = section === 'extensions' ? 'service::extensions does not list it' : 'no pipeline uses it';
      const message = `${section}::${entry.id}: ${KIND_OF[entry.section]} "${entry.id}" is defined but does nothing: ${where}`;
      warnings.push({ message, place: entry.place });
    }
  }
}
