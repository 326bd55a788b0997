import type { MapNode } from '#config';
import { configUris } from './builtin.ts';
import type { Flags } from './flags.ts';

/** The configuration's tree for a role that runs none of its components; undefined without a file, and nothing is loaded. */
export async function sectionOf(flags: Flags): Promise<MapNode | undefined> {
  if (flags.config.length === 0 && flags.set.length === 0) return undefined;
  const { loadConfig } = await import('#config');
  return (await loadConfig({ uris: configUris(flags), sets: flags.set })).root;
}
