import { existsSync, readFileSync } from 'node:fs';
import { type ConfigPlace, StartError } from '#base';
import { type ConfigNode, type MapNode, nodeAt, parseYaml } from '#config';

/** A file beside the configuration that is to fit it. */
export interface Companion {
  readonly file: string;
  readonly text: string;
  readonly expressions: readonly Expression[];
  readonly manifests: readonly Manifest[];
  readonly derivedFields: readonly DerivedField[];
}

/** What Grafana takes out of log lines by a pattern. */
export interface DerivedField {
  readonly name: string;
  readonly pattern: string;
  readonly place: ConfigPlace;
}

/** One PromQL expression of a dashboard or rule. */
export interface Expression {
  readonly text: string;
  readonly place: ConfigPlace;
  /** What shows it: a panel's title or the name of an alert. */
  readonly owner: string;
}

/** One Kubernetes object. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly root: MapNode;
}

/** Reads a dashboard, a file of rules or manifests. Throws for a file that is none of them. */
export function readCompanion(file: string): Companion {
  if (!existsSync(file)) throw new StartError(`--with: there is no file ${file}`);
  return companionFrom(file, readFileSync(file, 'utf8'));
}

export function companionFrom(file: string, text: string): Companion {
  const roots = documentsOf(text, file);
  const manifests = roots.flatMap(manifestsIn);
  const expressions = roots.flatMap((root) => [
    ...rulesIn(root),
    ...rulesIn(nodeAt(root, ['spec'])),
    ...panelsIn(root),
  ]);
  const isKnown =
    manifests.length > 0 ||
    roots.some((root) =>
      ['groups', 'panels', 'dashboard', 'rows', 'datasources'].some((key) => nodeAt(root, [key]) !== undefined),
    );
  if (!isKnown) {
    throw new StartError(
      `--with: ${file} is no dashboard of Grafana, no rules of Prometheus and no Kubernetes manifests`,
    );
  }
  return { file, text, expressions, manifests, derivedFields: roots.flatMap(derivedFieldsIn) };
}

/** Documents apart, each with the lines in front of it as empty ones: places stay. */
function documentsOf(text: string, file: string): MapNode[] {
  const roots: MapNode[] = [];
  let begin = 0;
  const lines = text.split('\n');
  for (let at = 0; at <= lines.length; at++) {
    if (at < lines.length && !/^---(\s|$)/.test(lines[at]!)) continue;
    const body = lines.slice(begin, at).join('\n');
    const root = parseYaml({ text: '\n'.repeat(begin) + body, file });
    if (root.kind === 'map') roots.push(root);
    begin = at + 1;
  }
  return roots;
}

function manifestsIn(root: MapNode): Manifest[] {
  const kind = textAt(root, 'kind');
  if (kind === undefined || textAt(root, 'apiVersion') === undefined) return [];
  const items = nodeAt(root, ['items']);
  if (kind === 'List' && items?.kind === 'list') {
    return items.items.flatMap((item) => (item.kind === 'map' ? manifestsIn(item) : []));
  }
  return [
    {
      kind,
      name: textAt(root, 'metadata', 'name') ?? '',
      namespace: textAt(root, 'metadata', 'namespace') ?? 'default',
      root,
    },
  ];
}

/** The scalar at a path as a text; undefined for none. */
export function textAt(node: ConfigNode | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = node === undefined ? undefined : nodeAt(node, path);
  return found?.kind === 'scalar' && found.value !== null ? String(found.value) : undefined;
}

export function itemsAt(node: ConfigNode | undefined, ...path: readonly (string | number)[]): readonly ConfigNode[] {
  const found = node === undefined ? undefined : nodeAt(node, path);
  return found?.kind === 'list' ? found.items : [];
}

export function keysAt(node: ConfigNode | undefined, ...path: readonly (string | number)[]): string[] {
  const found = node === undefined ? undefined : nodeAt(node, path);
  return found?.kind === 'map' ? [...found.entries.keys()] : [];
}

function rulesIn(root: ConfigNode | undefined): Expression[] {
  return itemsAt(root, 'groups').flatMap((group) =>
    itemsAt(group, 'rules').flatMap((rule) => {
      const text = textAt(rule, 'expr');
      const owner = textAt(rule, 'alert') ?? textAt(rule, 'record') ?? '';
      return text === undefined ? [] : [{ text, owner, place: nodeAt(rule, ['expr'])!.place }];
    }),
  );
}

function derivedFieldsIn(root: ConfigNode): DerivedField[] {
  return itemsAt(root, 'datasources').flatMap((source) =>
    itemsAt(source, 'jsonData', 'derivedFields').flatMap((field) => {
      const pattern = textAt(field, 'matcherRegex');
      if (pattern === undefined) return [];
      return [{ name: textAt(field, 'name') ?? '', pattern, place: nodeAt(field, ['matcherRegex'])!.place }];
    }),
  );
}

/** Sources of data that are not asked in PromQL. */
const OTHER_SOURCES = /loki|tempo|jaeger|elastic|opensearch|postgres|mysql|influx|cloudwatch|clickhouse|zipkin/i;

/** Panels of a dashboard, also in rows, and under the key `dashboard`, as its API has them. */
function panelsIn(root: ConfigNode): Expression[] {
  const inner = nodeAt(root, ['dashboard']);
  const panels = [...itemsAt(root, 'panels'), ...itemsAt(root, 'rows').flatMap((row) => itemsAt(row, 'panels'))];
  return [
    ...(inner === undefined ? [] : panelsIn(inner)),
    ...panels.flatMap((panel) => [
      ...panelsIn(panel),
      ...itemsAt(panel, 'targets').flatMap((target) => {
        const text = textAt(target, 'expr');
        const source =
          textAt(target, 'datasource', 'type') ??
          textAt(panel, 'datasource', 'type') ??
          textAt(panel, 'datasource') ??
          '';
        if (text === undefined || text === '' || OTHER_SOURCES.test(source)) return [];
        return [{ text, owner: textAt(panel, 'title') ?? '', place: nodeAt(target, ['expr'])!.place }];
      }),
    ]),
  ];
}

/** Where the character at `offset` of an expression stands: its line, in a block of several lines. */
export function placeIn({ text, place }: Expression, offset: number): ConfigPlace {
  if (!text.includes('\n')) return place;
  const lines = text.slice(0, offset).split('\n').length;
  return { ...place, line: place.line + lines, column: 1 };
}
