import { type LoadedConfig, loadConfig } from '#config';

/** A configuration from its text, as if it stood in the file `c.yaml`. */
export function loadText(yaml: string): Promise<LoadedConfig> {
  const environment = {
    env: {},
    readFile: () => Promise.resolve(new TextEncoder().encode(yaml)),
    fetchText: () => Promise.reject(new Error('no network')),
  };
  return loadConfig({ uris: ['c.yaml'], environment });
}
