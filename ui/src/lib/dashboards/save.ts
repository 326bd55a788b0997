/** What is saved of dashboards: kept in the store, for all servers, with what it was before. */
import type {
  DashboardResponse,
  DashboardSaved,
  DashboardVersion,
  DashboardVersionResponse,
  DashboardVersionsResponse,
} from '#api/types.ts';
import { ApiFailure, apiPath, getJson } from '../api.ts';
import { askPlain } from '../plain-api.ts';

/**
 * `base` is the version that the change began with, null for a dashboard that must be new; without it whatever is there is replaced. Throws an
 * ApiFailure that says what is wrong with the text, where it is no dashboard, or who saved meanwhile (isConflict).
 */
export function saveDashboard(text: string, message: string, base?: number | null): Promise<DashboardSaved> {
  return askPlain<DashboardSaved>('/api/console/dashboards', { method: 'POST', body: { text, message, base } });
}

/** Forgets all that was saved under a uid; a file or a built-in dashboard that has it is there again. */
export function removeSaved(uid: string): Promise<unknown> {
  return askPlain(`/api/console${apiPath('dashboards', uid)}`, { method: 'DELETE' });
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 409;
}

/** Newest first. */
export async function askVersions(uid: string, signal?: AbortSignal): Promise<readonly DashboardVersion[]> {
  const path = apiPath('dashboards', uid, 'versions');
  return (await getJson<DashboardVersionsResponse>(path, {}, signal)).versions;
}

export async function askVersion(uid: string, savedMs: number, signal?: AbortSignal): Promise<string> {
  const path = apiPath('dashboards', uid, 'versions', String(savedMs));
  return (await getJson<DashboardVersionResponse>(path, {}, signal)).text;
}

/** What it is now, whoever saved it. */
export function askDashboard(uid: string): Promise<DashboardResponse> {
  return getJson<DashboardResponse>(apiPath('dashboards', uid), {});
}
