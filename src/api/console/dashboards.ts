import { messageOf } from '#base';
import { DashboardError, readDashboard } from '#dashboards';
import { QueryError, type StoreReader, toQueryError } from '#query';
import type { DashboardSource, SavedDashboards } from '../dashboards.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest } from '../http/plugin.ts';
import { type ConsoleRequest, consoleRequest } from './request.ts';
import type {
  DashboardRemoved,
  DashboardResponse,
  DashboardSaved,
  DashboardsResponse,
  DashboardVersionResponse,
  DashboardVersionsResponse,
} from './types.ts';

const MESSAGE_LENGTH_LIMIT = 500;

/** GET /api/console/dashboards */
export function dashboardsRoute({ dashboards }: ApiNeeds): () => Promise<DashboardsResponse> {
  return async () => (await dashboards?.list()) ?? { dashboards: [], problems: [], folders: [] };
}

/** GET /api/console/dashboards/:uid : the file as it is; the console reads it with the same code as the server. */
export function dashboardRoute({ dashboards }: ApiNeeds): (request: ConsoleRequest) => Promise<DashboardResponse> {
  return async ({ path, reader }) => {
    const found = await dashboards?.get(path.uid ?? '');
    if (found === undefined) throw nothingCalled(path.uid);
    const saveRefusal = reader.tenant === '' ? await refusalOf(dashboards) : OF_ALL_TENANTS;
    return { ...found.entry, text: found.text, ...(saveRefusal !== undefined && { saveRefusal }) };
  };
}

/** POST /api/console/dashboards : keeps a dashboard, as a new version of the one with its uid. */
export function saveDashboardRoute(needs: ApiNeeds): (request: ApiRequest) => Promise<DashboardSaved> {
  return async ({ body, reader, principal }) => {
    assertOfNoTenant(reader);
    const saved = await savedIn(needs);
    const { text, message, base } = saveQuestion(body);
    const outcome = await fromStore(async () => {
      if (base === null) await assertNew(needs, readDashboard({ name: 'dashboard', text }).dashboard.uid);
      return saved.save(text, { message, base, author: principal.name });
    });
    if (!('conflict' in outcome)) return outcome;
    const { uid, conflict } = outcome;
    throw new AnswerError(
      409,
      'conflict',
      conflict === undefined
        ? `what was saved under the uid ${uid} was removed meanwhile`
        : `${conflict.author || 'somebody'} saved this dashboard meanwhile, at ${new Date(conflict.savedMs).toISOString()}`,
    );
  };
}

/** READONLY, ACCESS_DENIED */
const REFUSALS: ReadonlySet<unknown> = new Set(['164', '497']);

/** What the store or the text has against it, in words. */
async function fromStore<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AnswerError) throw error;
    if (error instanceof DashboardError) throw new QueryError('bad_query', error.message);
    if (REFUSALS.has((error as { code?: unknown }).code))
      throw new AnswerError(503, 'unavailable', 'this server may only read its store, so it keeps no dashboards');
    const known = toQueryError(error);
    if (known.code !== 'internal') throw known;
    throw new AnswerError(503, 'store_unavailable', `the store does not keep it: ${messageOf(error)}`);
  }
}

/** A copy hides no other dashboard. */
async function assertNew({ dashboards }: ApiNeeds, uid: string): Promise<void> {
  const there = await dashboards?.get(uid);
  if (there !== undefined)
    throw new AnswerError(409, 'conflict', `there is a dashboard with the uid ${uid} already: ${there.entry.title}`);
}

/** DELETE /api/console/dashboards/:uid : forgets what was saved. */
export function removeDashboardRoute(needs: ApiNeeds): (request: ApiRequest) => Promise<DashboardRemoved> {
  return async (request) => {
    assertOfNoTenant(request.reader);
    const { uid = '' } = consoleRequest(request).path;
    const saved = await savedIn(needs);
    if (!(await fromStore(() => saved.remove(uid))))
      throw new AnswerError(
        404,
        'not_found',
        `nothing was saved under the uid ${uid}: files are changed where they are`,
      );
    return { uid };
  };
}

/** GET /api/console/dashboards/:uid/versions */
export function dashboardVersionsRoute(
  needs: ApiNeeds,
): (request: ConsoleRequest) => Promise<DashboardVersionsResponse> {
  return async ({ path }) => ({
    versions: (await fromStore(async () => needs.dashboards?.saved?.versions(path.uid ?? ''))) ?? [],
  });
}

/** GET /api/console/dashboards/:uid/versions/:savedMs */
export function dashboardVersionRoute(needs: ApiNeeds): (request: ConsoleRequest) => Promise<DashboardVersionResponse> {
  return async ({ path: { uid = '', savedMs = '' } }) => {
    const text = await fromStore(async () => needs.dashboards?.saved?.version(uid, Number(savedMs)));
    if (text === undefined) throw nothingCalled(`${uid} of ${savedMs}`);
    return { text };
  };
}

const OF_ALL_TENANTS = 'dashboards are of all tenants; only who belongs to none changes them';

/** All tenants see the same dashboards, so none of them changes these. */
function assertOfNoTenant({ tenant }: Pick<StoreReader, 'tenant'>): void {
  if (tenant !== '') throw new AnswerError(403, 'forbidden', OF_ALL_TENANTS);
}

async function savedIn({ dashboards }: ApiNeeds): Promise<SavedDashboards> {
  const refusal = await refusalOf(dashboards);
  if (dashboards?.saved === undefined || refusal !== undefined)
    throw new AnswerError(503, 'unavailable', refusal ?? KEEPS_NONE);
  return dashboards.saved;
}

const KEEPS_NONE = 'this server keeps no dashboards';

async function refusalOf(dashboards: DashboardSource | undefined): Promise<string | undefined> {
  return dashboards?.saved === undefined ? KEEPS_NONE : dashboards.saved.refusal();
}

function nothingCalled(uid: string | undefined): AnswerError {
  return new AnswerError(404, 'not_found', `there is no dashboard with the uid ${uid ?? ''}`);
}

interface SaveQuestion {
  readonly text: string;
  readonly message: string;
  readonly base: number | null | undefined;
}

function saveQuestion(body: Buffer): SaveQuestion {
  let question: { readonly [name in keyof SaveQuestion]?: unknown } | null;
  try {
    question = JSON.parse(body.toString('utf8')) as typeof question;
  } catch {
    throw new QueryError('bad_query', 'the body is not JSON');
  }
  const { text, message = '', base } = question ?? {};
  if (typeof text !== 'string') throw new QueryError('bad_query', 'text: expected the JSON of a dashboard as a text');
  if (typeof message !== 'string') throw new QueryError('bad_query', 'message: expected a text');
  if (message.length > MESSAGE_LENGTH_LIMIT)
    throw new QueryError('too_large', `message: has at most ${MESSAGE_LENGTH_LIMIT} characters`);
  if (base !== undefined && base !== null && typeof base !== 'number')
    throw new QueryError('bad_query', 'base: expected the savedMs of a version, or null for a new dashboard');
  return { text, message, base };
}
