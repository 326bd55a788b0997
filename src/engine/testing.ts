/** Helpers of this folder's tests. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLogin } from '#base/store-access.ts';
import { type EngineProcess, type SpawnEngineOptions, spawnEngine } from './spawn.ts';

/** Headers of `signalbox` for each engine that `startTestEngine` started, by its address. */
const writers = new Map<string, Record<string, string>>();

export function loginHeaders({ username, password }: StoreLogin): Record<string, string> {
  return { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
}

/** Starts an engine in a process of its own; `post`, `get` and `run` then ask it as `signalbox`. */
export async function startTestEngine(options: SpawnEngineOptions): Promise<EngineProcess> {
  const engine = await spawnEngine(options);
  writers.set(engine.address, loginHeaders(engine.access.signalbox));
  return engine;
}

/** Asks as `signalbox`. */
export function fetchEngine(address: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(address + path, { ...init, headers: { ...writers.get(address), ...(init.headers as object) } });
}

/** A folder that the test removes by `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-engine-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Sends a query by POST; `parameters` go into the URL. */
export async function post(
  address: string,
  body: string | Uint8Array<ArrayBuffer>,
  parameters: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const response = await fetchEngine(address, `/?${new URLSearchParams(parameters)}`, {
    method: 'POST',
    body,
    headers,
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Sends a query by GET. */
export async function get(
  address: string,
  query: string,
  parameters: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const response = await fetchEngine(address, `/?${new URLSearchParams({ query, ...parameters })}`, { headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Runs a statement and gives its text; throws what the engine answers when it fails. */
export async function run(address: string, sql: string, parameters: Record<string, string> = {}): Promise<string> {
  const answer = await post(address, sql, parameters);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.text.trimEnd();
}
