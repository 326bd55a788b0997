import type { ApiAnswer } from './answers.ts';
import type { Asked } from './generate.ts';
import type { ApiAsked } from './requests.ts';

/** Asking a real Prometheus, or ours, over HTTP. */

/** What a real one is started with, so that it knows all of PromQL. */
export const FEATURES = 'promql-experimental-functions,promql-binop-fill-modifiers';

export async function askQuery(url: string, { query, startMs, endMs, stepMs }: Asked): Promise<ApiAnswer> {
  const form = new URLSearchParams({ query });
  if (stepMs === undefined) form.set('time', String(endMs / 1000));
  else {
    form.set('start', String(startMs / 1000));
    form.set('end', String(endMs / 1000));
    form.set('step', String(stepMs / 1000));
  }
  const path = stepMs === undefined ? 'query' : 'query_range';
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: form });
  return { status: response.status, body: await response.json() };
}

/** The text of the expression as the API formats it, or why it is refused. */
export async function askFormat(url: string, query: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/format_query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const { data, error } = (await response.json()) as { readonly data?: string; readonly error?: string };
  return data ?? error ?? '';
}

/** As far as it must be equal: objects are compared as such, texts as they are. Times that it took are left out. */
export async function askApi(url: string, { method, path, parameters }: ApiAsked): Promise<ApiAnswer> {
  const form = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
  const response =
    method === 'GET'
      ? await fetch(`${url}${path}?${form}`, { redirect: 'manual' })
      : await fetch(`${url}${path}`, { method, body: form, redirect: 'manual' });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, body: isJson ? withoutOwn(JSON.parse(text) as Record<string, unknown>) : text };
}

/** Without what only ours has: why an answer is empty. */
function withoutOwn({ noData: _, infos, ...body }: Record<string, unknown>): object {
  const kept = ((infos ?? []) as readonly string[]).filter((info) => !info.includes('no data:'));
  return kept.length === 0 ? body : { ...body, infos: kept };
}
