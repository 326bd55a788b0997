import type { DashboardEntry, DashboardShelf, DashboardSource, FoundDashboard } from '#api';
import { builtinDashboards } from '#dashboards';
import type { DashboardFolders } from './dashboard-folders.ts';
import { entryOf } from './entry.ts';
import type { StoredDashboards } from './saved-dashboards.ts';

const BUILT_IN_FOLDER = 'Built in';

/** All dashboards of a server: what comes with it, what its folders have, and what was saved in the console, each hiding those before it with its uid. */
export class ServerDashboards implements DashboardSource {
  readonly saved: StoredDashboards | undefined;
  readonly #folders: DashboardFolders;
  #builtin: readonly FoundDashboard[] | undefined;

  constructor(folders: DashboardFolders, saved: StoredDashboards | undefined) {
    this.#folders = folders;
    this.saved = saved;
  }

  async list(): Promise<DashboardShelf> {
    const { problems, folders } = await this.#folders.list();
    const stored = await this.saved?.list();
    const dashboards = (await this.#all()).map(({ entry }) => entry).toSorted(byTitle);
    return { dashboards, problems: [...problems, ...(stored?.problem === undefined ? [] : [stored.problem])], folders };
  }

  async get(uid: string): Promise<FoundDashboard | undefined> {
    return (await this.#all()).find(({ entry }) => entry.uid === uid);
  }

  async #all(): Promise<readonly FoundDashboard[]> {
    this.#builtin ??= builtinDashboards().map(({ file, text }) => ({
      text,
      entry: entryOf({ name: file, text }, { folder: BUILT_IN_FOLDER, origin: 'built-in' }),
    }));
    const files = await this.#folders.found();
    const saved = (await this.saved?.list())?.found ?? [];
    const byUid = new Map<string, FoundDashboard>();
    for (const found of [...this.#builtin, ...files]) byUid.set(found.entry.uid, found);
    for (const { entry, text } of saved) {
      // It stays where what it was made of stood.
      const hidden = byUid.get(entry.uid)?.entry;
      byUid.set(entry.uid, { text, entry: { ...entry, folder: hidden?.folder ?? '', file: hidden?.file ?? '' } });
    }
    return [...byUid.values()];
  }
}

function byTitle(a: DashboardEntry, b: DashboardEntry): number {
  return a.title.localeCompare(b.title, 'en') || a.uid.localeCompare(b.uid, 'en');
}
