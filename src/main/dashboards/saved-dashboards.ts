import type { DashboardVersion, FoundDashboard, SaveConflict, SavedDashboards, SavedVersion, Saving } from '#api';
import { messageOf } from '#base';
import type { DocumentStore } from '#store';
import { entryOf } from './entry.ts';

/** As they are, by uid, and what they were, by uid and time. */
const KIND = 'dashboard';
const VERSION_KIND = 'dashboard_version';
const VERSIONS_LIMIT = 50;
const DASHBOARDS_LIMIT = 2_000;
/** Questions that come at once ask the store once. */
const LOOK_AGAIN_MS = 1_000;

interface SavedBody {
  readonly text: string;
  readonly message: string;
  readonly savedMs: number;
  /** Absent in what older servers wrote. */
  readonly author?: string;
}

export interface SavedDashboardsOptions {
  readonly documents: Pick<DocumentStore, 'list' | 'put' | 'remove' | 'mayWrite'>;
  /** The calendar. */
  readonly nowMs: () => number;
}

/** Dashboards that people saved in the console, in the store's documents. While the store is away, those are shown that it had. */
export class StoredDashboards implements SavedDashboards {
  readonly #options: SavedDashboardsOptions;
  #found: readonly FoundDashboard[] = [];
  #problem: string | undefined;
  #looked: { readonly atMs: number; readonly looking: Promise<void> } | undefined;
  #mayWrite: boolean | undefined;
  /** Two who save at once are told of each other. */
  #saving: Promise<unknown> = Promise.resolve();

  constructor(options: SavedDashboardsOptions) {
    this.#options = options;
  }

  async list(): Promise<{ readonly found: readonly FoundDashboard[]; readonly problem: string | undefined }> {
    const nowMs = this.#options.nowMs();
    if (this.#looked === undefined || nowMs - this.#looked.atMs >= LOOK_AGAIN_MS)
      this.#looked = { atMs: nowMs, looking: this.#look() };
    await this.#looked.looking;
    return { found: this.#found, problem: this.#problem };
  }

  async refusal(): Promise<string | undefined> {
    try {
      this.#mayWrite ??= await this.#options.documents.mayWrite();
    } catch {
      // That the store is away passes; who saves then is told.
    }
    return this.#mayWrite === false ? 'this server may only read its store, so it keeps no dashboards' : undefined;
  }

  async save(text: string, saving: Saving): Promise<SavedVersion | SaveConflict> {
    const { uid } = entryOf({ name: 'dashboard', text }, { folder: '', origin: 'saved' });
    const done = this.#saving.then(() => this.#save(uid, text, saving));
    this.#saving = done.catch(() => undefined);
    return done;
  }

  async #save(uid: string, text: string, { message, author, base }: Saving): Promise<SavedVersion | SaveConflict> {
    const { documents, nowMs } = this.#options;
    const current = (await documents.list(KIND, uid)).find(({ key }) => key === uid)?.body as SavedBody | undefined;
    if (base !== undefined && base !== (current?.savedMs ?? null))
      return { uid, conflict: current === undefined ? undefined : versionOf(current) };
    if (current === undefined && (await this.list()).found.length >= DASHBOARDS_LIMIT)
      throw new Error(`${DASHBOARDS_LIMIT} dashboards are saved already; remove some that nobody needs`);
    const savedMs = Math.max(Math.floor(nowMs()), (current?.savedMs ?? 0) + 1);
    const body: SavedBody = { text, message, savedMs, author };
    await documents.put(VERSION_KIND, versionKey(uid, savedMs), body);
    await documents.put(KIND, uid, body);
    this.#looked = undefined;
    const old = (await this.versions(uid)).slice(VERSIONS_LIMIT);
    for (const each of old) await documents.remove(VERSION_KIND, versionKey(uid, each.savedMs));
    return { uid, savedMs };
  }

  async versions(uid: string): Promise<readonly DashboardVersion[]> {
    const all = await this.#versionsOf(uid);
    return all.map(versionOf);
  }

  async version(uid: string, savedMs: number): Promise<string | undefined> {
    return (await this.#versionsOf(uid)).find((each) => each.savedMs === savedMs)?.text;
  }

  async remove(uid: string): Promise<boolean> {
    const { found } = await this.list();
    if (!found.some(({ entry }) => entry.uid === uid)) return false;
    const { documents } = this.#options;
    await documents.remove(KIND, uid);
    for (const { savedMs } of await this.#versionsOf(uid))
      await documents.remove(VERSION_KIND, versionKey(uid, savedMs));
    this.#looked = undefined;
    return true;
  }

  async #versionsOf(uid: string): Promise<readonly SavedBody[]> {
    const all = await this.#options.documents.list(VERSION_KIND, versionKey(uid, ''));
    return all.map(({ body }) => body as SavedBody).toSorted((a, b) => b.savedMs - a.savedMs);
  }

  async #look(): Promise<void> {
    try {
      const documents = await this.#options.documents.list(KIND);
      this.#found = documents.flatMap(({ key, body }) => {
        const { text, savedMs } = body as SavedBody;
        const entry = entryOf({ name: key, text }, { folder: '', origin: 'saved' });
        return [{ entry: { ...entry, uid: key, file: '', savedMs }, text }];
      });
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `dashboards that were saved in the console could not be read: ${messageOf(error)}`;
    }
  }
}

function versionOf({ savedMs, message, author = '' }: SavedBody): DashboardVersion {
  return { savedMs, message, author };
}

function versionKey(uid: string, savedMs: number | string): string {
  return `${uid}\n${savedMs}`;
}
