import { ConfigError, type ConfigPlace } from '#base';
import type { ConfigNode, MapEntry, MapNode, ScalarNode } from '#config';

/** Trees of a configuration, taken apart and put together so that each value still knows where it was written. */

export function entriesOf(node: ConfigNode | undefined): ReadonlyMap<string, MapEntry> {
  return node?.kind === 'map' ? node.entries : new Map();
}

export function childOf(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return entriesOf(node).get(key)?.node;
}

export function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node?.kind === 'list' ? node.items : [];
}

/** As it is spelled; empty where it is not there, null, or no scalar. */
export function textOf(node: ConfigNode | undefined): string {
  if (node?.kind !== 'scalar' || node.value === null) return '';
  return node.text ?? String(node.value);
}

export function isGiven(node: ConfigNode | undefined): node is ConfigNode {
  return node !== undefined && !(node.kind === 'scalar' && (node.value === null || textOf(node) === ''));
}

export function scalar(value: string | number | boolean, place: ConfigPlace): ScalarNode {
  return { kind: 'scalar', value, place, text: String(value) };
}

export function listNode(items: readonly ConfigNode[], place: ConfigPlace): ConfigNode {
  return { kind: 'list', items, place };
}

/** Without what is undefined. */
export function mapNode(members: Readonly<Record<string, ConfigNode | undefined>>, place: ConfigPlace): MapNode {
  const entries = Object.entries(members).flatMap(([key, node]) =>
    node === undefined ? [] : [[key, { keyPlace: node.place, node }] as const],
  );
  return { kind: 'map', entries: new Map(entries), place };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * As Grafana reads its files: `$NAME` and `${NAME}` are variables of the environment, `$$` is a dollar. Names in lower case are those of templates and stay.
 * A variable that is not there is reported, since it is a secret more often than not.
 */
export function withEnvironment(
  node: ConfigNode,
  environment: Environment,
  report: (error: ConfigError) => void,
): ConfigNode {
  switch (node.kind) {
    case 'map':
      return {
        ...node,
        entries: new Map(
          Array.from(node.entries, ([key, entry]) => [
            key,
            { ...entry, node: withEnvironment(entry.node, environment, report) },
          ]),
        ),
      };
    case 'list':
      return { ...node, items: node.items.map((item) => withEnvironment(item, environment, report)) };
    case 'scalar': {
      if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
      const value = node.value.replace(
        /\$\$|\$\{([A-Z_][A-Z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*)/g,
        (whole, braced?: string, bare?: string) => {
          if (whole === '$$') return '$';
          const name = braced ?? bare!;
          const found = environment[name];
          if (found === undefined) report(new ConfigError('', `the environment has no variable ${name}`, node.place));
          return found ?? '';
        },
      );
      return { ...node, value, text: value };
    }
  }
}
