import type { MapNode } from '#config';
import type { Flags } from './flags.ts';

/** The configuration's tree for a role that only needs the `signalbox:` section; undefined without a file, and nothing is loaded. */
export async function sectionOf(flags: Flags): Promise<MapNode | undefined> {
  if (flags.config.length === 0 && flags.set.length === 0) return undefined;
  const { loadConfig } = await import('#config');
  return (await loadConfig({ uris: flags.config, sets: flags.set })).root;
}
