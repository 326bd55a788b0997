/** Searches of the console that people keep under a name. */

/** Pages whose searches can be saved. */
export type SearchPage = 'traces' | 'logs' | 'metrics' | 'explore' | 'sql' | 'map';

export interface SavedSearch {
  readonly id: string;
  readonly name: string;
  readonly page: SearchPage;
  /** The parameters of the page's address, as they stand behind its `?`. */
  readonly search: string;
  /** Milliseconds since the epoch, when it was saved or renamed. */
  readonly savedMs: number;
  /** Who saved it; empty where the server asks nobody for a name. */
  readonly author: string;
}
