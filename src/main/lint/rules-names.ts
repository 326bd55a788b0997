import type { ConfigNode, NodePath } from '#config';
import type { Finding } from './finding.ts';
import type { LintComponent, LintFile } from './lint-file.ts';

/** Attributes that semantic conventions have renamed, and what services of today send in their place. */
export const TODAY: Readonly<Record<string, readonly string[]>> = {
  'http.url': ['url.full', 'url.query'],
  'http.target': ['url.path', 'url.query'],
  'http.method': ['http.request.method'],
  'http.status_code': ['http.response.status_code'],
  'http.user_agent': ['user_agent.original'],
  'http.scheme': ['url.scheme'],
  'http.client_ip': ['client.address'],
  'net.peer.name': ['server.address'],
  'net.peer.ip': ['network.peer.address'],
  'net.host.name': ['server.address'],
  'db.statement': ['db.query.text'],
  'db.system': ['db.system.name'],
  'db.name': ['db.namespace'],
  'db.operation': ['db.operation.name'],
  'messaging.operation': ['messaging.operation.name'],
  'deployment.environment': ['deployment.environment.name'],
};

/** Sections and types whose settings name attributes. */
const LOOKED_AT: readonly (readonly ['processors' | 'connectors', readonly string[]])[] = [
  [
    'processors',
    ['transform', 'filter', 'attributes', 'resource', 'span', 'tail_sampling', 'redaction', 'groupbyattrs'],
  ],
  ['connectors', ['span_metrics', 'service_graph', 'count', 'routing', 'exceptions']],
];

/** Old names of attributes in statements, actions and dimensions that don't know today's names beside them. */
export function oldAttributeNames(file: LintFile): Finding[] {
  return LOOKED_AT.flatMap(([section, types]) => file.defined(section, ...types)).flatMap(namesIn);
}

function namesIn(component: LintComponent): Finding[] {
  const block = component.node();
  if (block === undefined) return [];
  const texts: { readonly text: string; readonly path: NodePath }[] = [];
  collect(block, [], texts);
  const mentions = (name: string): { readonly path: NodePath } | undefined =>
    texts.find(({ text }) => text === name || text.includes(`"${name}"`));
  return Object.entries(TODAY).flatMap(([old, names]) => {
    const found = mentions(old);
    const missing = names.filter((name) => mentions(name) === undefined);
    if (found === undefined || missing.length === 0) return [];
    const today = missing.map((name) => `"${name}"`).join(' and ');
    return [
      component.warn(
        'old-attribute-name',
        found.path,
        `"${old}" is the old name, services of today send ${today} in its place, which this does not touch; write it for both`,
      ),
    ];
  });
}

function collect(node: ConfigNode, path: NodePath, into: { text: string; path: NodePath }[]): void {
  if (node.kind === 'scalar') {
    if (typeof node.value === 'string') into.push({ text: node.value, path });
  } else if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) collect(item, [...path, index], into);
  } else for (const [key, entry] of node.entries) collect(entry.node, [...path, key], into);
}
