import type { DashboardEntry, DashboardShelf, DashboardVersion } from '#query/answers.ts';

export type { DashboardEntry, DashboardShelf, DashboardVersion } from '#query/answers.ts';

/** A dashboard with its JSON. */
export interface FoundDashboard {
  readonly entry: DashboardEntry;
  readonly text: string;
}

/** Where the server's dashboards come from: comes with its options, since this layer reads no files of users. */
export interface DashboardSource {
  /** Reads again what has changed. */
  list(): Promise<DashboardShelf>;
  /** The content of a dashboard's file; undefined where there is none with that uid. */
  get(uid: string): Promise<FoundDashboard | undefined>;
  /** Undefined where nothing can be kept: the server has no right to write into its store. */
  readonly saved: SavedDashboards | undefined;
}

export interface Saving {
  /** What changed. */
  readonly message: string;
  /** Empty where nobody asked for a name. */
  readonly author: string;
  /** The version that the change began with; null: nothing may be saved under the uid yet; undefined: whatever is there is replaced. */
  readonly base: number | null | undefined;
}

export interface SavedVersion {
  readonly uid: string;
  readonly savedMs: number;
}

/** Somebody saved or removed it meanwhile. */
export interface SaveConflict {
  readonly uid: string;
  /** What is there instead of the base; undefined: nothing. */
  readonly conflict: DashboardVersion | undefined;
}

/** What people save in the console. It is kept in the store, so that all servers have it; a file with the same uid is hidden by it. */
export interface SavedDashboards {
  /** Why nothing can be saved here; undefined where it can. */
  refusal(): Promise<string | undefined>;
  /** Resolves when it is on disk. Throws a DashboardError where the text is no dashboard. */
  save(text: string, saving: Saving): Promise<SavedVersion | SaveConflict>;
  /** Newest first; none for a dashboard that was never saved. */
  versions(uid: string): Promise<readonly DashboardVersion[]>;
  /** The JSON as it was saved then; undefined where there is no such version. */
  version(uid: string, savedMs: number): Promise<string | undefined>;
  /** With its versions. What a file has under that uid is there again. False where nothing was saved under it. */
  remove(uid: string): Promise<boolean>;
}
