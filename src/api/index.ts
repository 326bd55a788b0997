/** The server role: query APIs and the console over HTTP. */
import { type RunningServer, type ServerOptions, startHttpServer } from './http/server.ts';
import { PLUGINS } from './plugins.ts';

export type {
  DashboardEntry,
  DashboardShelf,
  DashboardSource,
  DashboardVersion,
  FoundDashboard,
  SaveConflict,
  SavedDashboards,
  SavedVersion,
  Saving,
} from './dashboards.ts';
export type { Access, Asking, Principal } from './http/access.ts';
export { Refusal } from './http/access.ts';
export type { ServerLogger } from './http/logger.ts';
export type { TracePins } from './http/plugin.ts';
export type { RunningServer, ServerOptions } from './http/server.ts';
export type { LogLinker } from './log-links.ts';
export type { OttlOutcome, OttlPlayground } from './playground.ts';
export type { SavedSearch, SavedSearches, SearchShelf, SearchToSave } from './searches.ts';
export { SearchesFull } from './searches.ts';

/** Throws StartError for a port that can't be had. A store that does not answer is no reason not to start. */
export function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  return startHttpServer(PLUGINS, options);
}
