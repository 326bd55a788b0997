/** The mock's list of dashboards, and what is saved of them: as the server keeps it, in memory. */
import type { DashboardResponse, DashboardsResponse, DashboardVersion } from '#api/types.ts';
import { describeProblem, readDashboard } from '#dashboards';
import { DASHBOARD_FILES } from './dashboards-api.ts';

interface Version extends DashboardVersion {
  readonly text: string;
}

/** What a request is answered with. */
export interface MockAnswer {
  readonly status: number;
  readonly body: object;
}

const MINE = {
  title: 'Mine',
  uid: 'mine',
  schemaVersion: 42,
  ofSomebodyElse: { kept: [1, 2, 3] },
  panels: [
    {
      ...{ id: 1, type: 'stat', title: 'Answer', gridPos: { x: 0, y: 0, w: 8, h: 6 }, ofAPlugIn: 'kept' },
      targets: [{ refId: 'A', expr: 'vector(42)', instant: true, ofADataSource: { kept: true } }],
    },
  ],
};
const FIRST_SAVED_MS = 1_760_000_000_000;

export class MockShelf {
  /** Newest first, by uid. */
  readonly #saved = new Map<string, Version[]>();
  #saveRefusal: string | undefined;

  constructor() {
    const older = { ...MINE, panels: MINE.panels.map((panel) => ({ ...panel, title: 'Question' })) };
    for (const [dashboard, message] of [
      [older, 'imported from mine.json'],
      [MINE, 'the answer'],
    ] as const)
      this.#keep('mine', JSON.stringify(dashboard), message, FIRST_SAVED_MS);
  }

  /** As a server that may only read its store. */
  refuse(saveRefusal: string | undefined): void {
    this.#saveRefusal = saveRefusal;
  }

  list(): DashboardsResponse {
    return {
      dashboards: this.#all().map(({ text: _, ...entry }) => entry),
      problems: ['broken.json:3: no JSON: an example of a mistake'],
      folders: ['/etc/dashboards'],
    };
  }

  /** `parts` are those of the path, after `dashboards`. */
  get(parts: readonly (string | undefined)[]): object | undefined {
    const [uid, word, savedMs] = parts;
    if (uid === undefined) return this.list();
    const versions = this.#saved.get(uid) ?? [];
    if (word === undefined) return this.#all().find((each) => each.uid === uid);
    if (word !== 'versions') return undefined;
    if (savedMs === undefined) return { versions: versions.map(({ text: _, ...version }) => version) };
    return versions.find((each) => each.savedMs === Number(savedMs));
  }

  save(body: string): MockAnswer {
    const { text, message, base } = JSON.parse(body) as { text: string; message: string; base?: number | null };
    if (this.#saveRefusal !== undefined) return failure(503, 'unavailable', this.#saveRefusal);
    const { uid } = readDashboard({ name: 'dashboard', text }).dashboard;
    const there = this.#all().find((each) => each.uid === uid);
    if (base === null && there !== undefined)
      return failure(409, 'conflict', `there is a dashboard with the uid ${uid} already: ${there.title}`);
    if (base !== undefined && base !== (there?.savedMs ?? null))
      return failure(409, 'conflict', 'somebody saved this dashboard meanwhile');
    return { status: 200, body: { uid, savedMs: this.#keep(uid, text, message, Date.now()) } };
  }

  remove(uid: string): MockAnswer {
    if (this.#saveRefusal !== undefined) return failure(503, 'unavailable', this.#saveRefusal);
    const isThere = this.#saved.delete(uid);
    return isThere
      ? { status: 200, body: { uid } }
      : failure(404, 'not_found', `nothing was saved under the uid ${uid}`);
  }

  #keep(uid: string, text: string, message: string, nowMs: number): number {
    const before = this.#saved.get(uid) ?? [];
    const savedMs = Math.max(nowMs, (before[0]?.savedMs ?? 0) + 1);
    this.#saved.set(uid, [{ savedMs, message, author: 'ada', text }, ...before]);
    return savedMs;
  }

  #all(): readonly DashboardResponse[] {
    const saved = [...this.#saved].map(([uid, [newest]]) => ({
      ...entryOf(`${uid}.json`, newest!.text),
      ...{ file: '', folder: '', origin: 'saved' as const, savedMs: newest!.savedMs },
    }));
    const files = Object.entries(DASHBOARD_FILES).map(([file, text]) => entryOf(file, text));
    const refusal = this.#saveRefusal === undefined ? {} : { saveRefusal: this.#saveRefusal };
    return [...files.filter(({ uid }) => !this.#saved.has(uid)), ...saved].map((each) => ({ ...each, ...refusal }));
  }
}

function failure(status: number, code: string, message: string): MockAnswer {
  return { status, body: { error: { code, message } } };
}

function entryOf(file: string, text: string): DashboardResponse {
  const { dashboard, problems } = readDashboard({ name: file, text });
  const { uid, title, tags, rows } = dashboard;
  const panelCount = rows.reduce((sum, { panels }) => sum + panels.length, 0);
  const from = { folder: 'Examples', origin: 'file' } as const;
  return { uid, title, tags, panelCount, file, ...from, problems: problems.map(describeProblem), text };
}
