import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { DashboardEntry, FoundDashboard } from '#api';
import { messageOf } from '#base';
import { DashboardError } from '#dashboards';
import { entryOf } from './entry.ts';
import { findProviders, type Provider } from './providers.ts';

/** Above it a folder is hardly one of dashboards. */
const FILES_LIMIT = 2_000;
const FILE_BYTES_LIMIT = 8 * 1024 * 1024;
/** Questions that come at once look at the folders once. */
const LOOK_AGAIN_MS = 1_000;

interface HeldFile {
  /** What says whether it has changed. */
  readonly stamp: string;
  readonly text: string;
  readonly entry: DashboardEntry | undefined;
  readonly problem: string | undefined;
}

/**
 * Dashboards of folders, with those below them, and of files of Grafana's provisioning. Files that changed are read again when somebody asks; one that is
 * no dashboard is a problem of the list, and the others are there. Of two files with the same uid the second gets another.
 */
export class DashboardFolders {
  readonly #folders: readonly string[];
  readonly #nowMs: () => number;
  #files = new Map<string, HeldFile>();
  #problems: readonly string[] = [];
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(folders: readonly string[], nowMs: () => number = () => performance.now()) {
    this.#folders = folders;
    this.#nowMs = nowMs;
  }

  /** Files that hold no dashboard, folders that can't be read, and which folders those are. */
  async list(): Promise<{ readonly problems: readonly string[]; readonly folders: readonly string[] }> {
    await this.#look();
    const problems = [...this.#files.values()].flatMap(({ problem }) => problem ?? []);
    return { problems: [...this.#problems, ...problems], folders: this.#folders };
  }

  async found(): Promise<readonly FoundDashboard[]> {
    await this.#look();
    return this.#entries();
  }

  #entries(): FoundDashboard[] {
    const taken = new Set<string>();
    return [...this.#files.values()].flatMap(({ entry, text }) => {
      if (entry === undefined) return [];
      let uid = entry.uid;
      for (let count = 2; taken.has(uid); count++) uid = `${entry.uid}-${count}`;
      taken.add(uid);
      if (uid === entry.uid) return [{ entry, text }];
      const problem = `${entry.file}: uid: ${entry.uid} is another dashboard's, too; this one is ${uid} here`;
      return [{ entry: { ...entry, uid, problems: [...entry.problems, problem] }, text }];
    });
  }

  #look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking;
    if (this.#nowMs() - this.#lookedMs < LOOK_AGAIN_MS) return Promise.resolve();
    this.#looking = this.#read().finally(() => {
      this.#looking = undefined;
      this.#lookedMs = this.#nowMs();
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const { providers, problems: mistakes } = await findProviders(this.#folders);
    const problems = [...mistakes];
    const files = new Map<string, HeldFile>();
    for (const provider of providers) {
      const folder = provider.path;
      try {
        const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json')).sort();
        if (names.length > FILES_LIMIT)
          problems.push(`${folder}: has ${names.length} files; the first ${FILES_LIMIT} are read`);
        for (const name of names.slice(0, FILES_LIMIT)) {
          const path = join(folder, name);
          const held = this.#files.get(path);
          // Of two providers that have it, the one that says a folder.
          if (provider.folder !== undefined || !files.has(path)) files.set(path, await heldFile(path, provider, held));
        }
      } catch (error) {
        problems.push(`${folder}: ${messageOf(error)}`);
      }
    }
    this.#files = files;
    this.#problems = problems;
  }
}

/** What is held already where the file has not changed since. */
async function heldFile(path: string, provider: Provider, held: HeldFile | undefined): Promise<HeldFile> {
  const name = relative(provider.path, path);
  const folder = provider.folder ?? dirname(name).replace(/^\.$/, '');
  let stamp = '';
  try {
    const { mtimeMs, size, ino } = await stat(path);
    stamp = `${mtimeMs} ${size} ${ino} ${folder}`;
    if (held?.stamp === stamp) return held;
    if (size > FILE_BYTES_LIMIT) throw new Error(`has ${size} bytes; a dashboard has at most ${FILE_BYTES_LIMIT}`);
    const text = await readFile(path, 'utf8');
    const entry = entryOf({ name, text }, { folder, origin: 'file' });
    return { stamp, text, entry, problem: undefined };
  } catch (error) {
    const problem = error instanceof DashboardError ? error.message : `${name}: ${messageOf(error)}`;
    return { stamp, text: '', entry: undefined, problem };
  }
}
