import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where Node.js keeps parsed code between starts. In the user's own cache: what lies there is run, and the folder for temporary files, which
 * Node.js would take, is everybody's. Where it can't be written nothing is kept.
 */
export function compileCacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return environment.NODE_COMPILE_CACHE ?? join(cache, 'signalbox', 'compile-cache');
}
