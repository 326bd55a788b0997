import { stringify } from 'yaml';
import type { ComponentKind, Factory } from '#component';
import { components } from '../components.ts';
import { signalboxVersion } from '../version.ts';

const SECTIONS: readonly (readonly [string, ComponentKind])[] = [
  ['receivers', 'receiver'],
  ['processors', 'processor'],
  ['exporters', 'exporter'],
  ['connectors', 'connector'],
  ['extensions', 'extension'],
];

/** `signalbox components`: the list in the form of `otelcol components`. */
export async function componentsCommand(): Promise<number> {
  const result: Record<string, unknown> = { buildinfo: { command: 'signalbox', version: signalboxVersion() } };
  for (const [section, kind] of SECTIONS) {
    const factories: Factory[] = [];
    for (const type of components.types(kind)) factories.push(await components.find(kind, type)!.load());
    result[section] = factories.map((factory) => ({
      name: factory.type,
      ...((factory.aliases?.length ?? 0) > 0 && { aliases: factory.aliases }),
      description: factory.description,
      stability: stabilityOf(factory),
    }));
  }
  process.stdout.write(stringify(result));
  return 0;
}

function stabilityOf(factory: Factory): Record<string, string> {
  if (factory.kind === 'extension') return { extension: factory.stability };
  if (factory.kind === 'connector') {
    return Object.fromEntries(factory.stability.map((pair) => [`${pair.from}-to-${pair.to}`, pair.stability]));
  }
  return factory.stability;
}
