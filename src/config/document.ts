import { ConfigError, type ConfigPlace } from '#base';
import { readBlock } from './issues.ts';
import type { ConfigNode, MapNode, NodePath } from './node.ts';
import { unknownKeyMessage } from './object.ts';
import { readService, type ServiceConfig } from './service.ts';
import { type SignalboxConfig, signalboxSchema } from './signalbox-section.ts';

export const COMPONENT_SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const;
export type ComponentSection = (typeof COMPONENT_SECTIONS)[number];

/** One component as the file names it; its block is read by its factory's schema later. */
export interface ComponentEntry {
  /** `type` or `type/name`, in the spelling of the file. */
  readonly id: string;
  readonly type: string;
  readonly section: ComponentSection;
  readonly path: NodePath;
  readonly place: ConfigPlace;
}

export interface CollectorDocument {
  readonly root: MapNode;
  readonly components: Readonly<Record<ComponentSection, ReadonlyMap<string, ComponentEntry>>>;
  readonly service: ServiceConfig;
  readonly signalbox: SignalboxConfig;
  /** The scalars of both of which the spelling was taken. */
  readonly texts: readonly ConfigNode[];
}

export interface ReadDocument {
  /** With defaults for what can't be read. */
  readonly document: CollectorDocument;
  readonly errors: readonly ConfigError[];
  /** See ReadService. */
  readonly hasAllPipelines: boolean;
}

const TOP_LEVEL: readonly string[] = [...COMPONENT_SECTIONS, 'service', 'signalbox'];

/** Takes a loaded configuration apart into its sections. Collects all mistakes. */
export function readDocument(root: MapNode): ReadDocument {
  const errors: ConfigError[] = [];
  for (const [key, entry] of root.entries) {
    if (!TOP_LEVEL.includes(key))
      errors.push(new ConfigError(key, `'' ${unknownKeyMessage(key, TOP_LEVEL)}`, entry.keyPlace));
  }
  const components = {
    receivers: readSection(root, 'receivers', errors),
    processors: readSection(root, 'processors', errors),
    exporters: readSection(root, 'exporters', errors),
    connectors: readSection(root, 'connectors', errors),
    extensions: readSection(root, 'extensions', errors),
  };
  const { service, errors: serviceErrors, texts, hasAllPipelines } = readService(root);
  for (const error of serviceErrors) errors.push(error);
  const signalbox = readBlock(signalboxSchema, { root, path: ['signalbox'] });
  if ('errors' in signalbox) for (const error of signalbox.errors) errors.push(error);
  const document: CollectorDocument = {
    root,
    components,
    service,
    signalbox: 'errors' in signalbox ? signalboxSchema.parse(undefined) : signalbox.value,
    texts: 'errors' in signalbox ? texts : [...texts, ...signalbox.texts],
  };
  return { document, errors, hasAllPipelines };
}

function readSection(root: MapNode, section: ComponentSection, errors: ConfigError[]): Map<string, ComponentEntry> {
  const entries = new Map<string, ComponentEntry>();
  const node = root.entries.get(section)?.node;
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return entries;
  if (node.kind !== 'map') {
    errors.push(
      new ConfigError(section, `'${section}' expected a map from component ids to their settings`, node.place),
    );
    return entries;
  }
  for (const [key, { keyPlace }] of node.entries) {
    const parsed = parseComponentId(key);
    if ('error' in parsed) errors.push(new ConfigError(`${section}::${key}`, `'${section}' ${parsed.error}`, keyPlace));
    else if (entries.has(parsed.id)) {
      errors.push(
        new ConfigError(
          `${section}::${key}`,
          `'${section}' duplicate name "${parsed.id}" after trimming spaces`,
          keyPlace,
        ),
      );
    } else entries.set(parsed.id, { ...parsed, section, path: [section, key], place: keyPlace });
  }
  return entries;
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const NAME_LENGTH_LIMIT = 1024;

/** Reads `type` or `type/name` with the rules and messages of otelcol (component/identifiable.go). */
export function parseComponentId(
  written: string,
): { readonly id: string; readonly type: string; readonly name: string } | { readonly error: string } {
  const slash = written.indexOf('/');
  const type = (slash < 0 ? written : written.slice(0, slash)).trim();
  const name = slash < 0 ? '' : written.slice(slash + 1).trim();
  if (slash < 0 && type === '') return { error: 'id must not be empty' };
  if (type === '') return { error: `in "${written}" id: the part before / should not be empty` };
  if (slash >= 0 && name === '') return { error: `in "${written}" id: the part after / should not be empty` };
  if (!TYPE.test(type)) return { error: `in "${written}" id: invalid character(s) in type "${type}"` };
  if (name.length > NAME_LENGTH_LIMIT)
    return { error: `in "${written.slice(0, 40)}…" id: name exceeds ${NAME_LENGTH_LIMIT} characters` };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name))
    return { error: `in ${JSON.stringify(written)} id: invalid character(s) in name` };
  return { id: name === '' ? type : `${type}/${name}`, type, name };
}
