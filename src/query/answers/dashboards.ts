/** A dashboard, as the list shows it. */
export interface DashboardEntry {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly panelCount: number;
  /** Below its folder; of one that was saved in the console, what it was saved over, or empty. */
  readonly file: string;
  /** What people sort dashboards by: of the provisioning, or the folder that the file is in; empty for none. */
  readonly folder: string;
  /** Comes with Signalbox, from a file, or was saved in the console. */
  readonly origin: 'built-in' | 'file' | 'saved';
  /** When it was saved in the console, in milliseconds since the epoch: its version. Absent for all others. */
  readonly savedMs?: number;
  /** What could not be read of it, one mistake a text, with its place. */
  readonly problems: readonly string[];
}

export interface DashboardShelf {
  /** By title. */
  readonly dashboards: readonly DashboardEntry[];
  /** Files that hold no dashboard, and folders that can't be read. */
  readonly problems: readonly string[];
  /** What the person can do to have some. */
  readonly folders: readonly string[];
}

/** What a dashboard was at a time, before somebody saved it again. */
export interface DashboardVersion {
  /** Milliseconds since the epoch, when it was saved: what it is asked for by. */
  readonly savedMs: number;
  /** What whoever saved it said of it; empty for nothing. */
  readonly message: string;
  /** Who saved it; empty where the server asks nobody for a name. */
  readonly author: string;
}
