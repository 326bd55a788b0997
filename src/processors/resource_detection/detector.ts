import { messageOf } from '#base';
import type { Shape } from '#config';
import type { AnyValue } from '#pdata';
import type { Answer, AskOptions, World } from './world.ts';

/** What was found out, by attribute. */
export type Found = Record<string, AnyValue>;

/** A detector's block, as it is used. */
export interface DetectorBlock {
  /** Attributes that are wanted, of those that the detector knows. */
  readonly enabled: readonly string[];
  readonly [key: string]: unknown;
}

export interface Detector {
  readonly type: string;
  /** Finishes "finds out …". */
  readonly what: string;
  /** What it can set, and whether it does by default. Others that it finds are always set: labels, tags and the like. */
  readonly attributes: Readonly<Record<string, boolean>>;
  /** Keys of its block besides `resource_attributes`. */
  readonly keys?: Shape;
  /** What is wrong with its block, if anything is. */
  mistakeIn?(block: DetectorBlock): { readonly key: string; readonly message: string } | undefined;
  /** Throws an Unavailable where it is not at home here, and anything else where it is and fails. */
  detect(world: World, block: DetectorBlock, note: (message: string) => void): Promise<Found>;
}

/** The collector runs somewhere else, or what should answer does not. */
export class Unavailable extends Error {}

/** The names, each set by default but for those with a minus behind them. */
export function attributes(names: string): Readonly<Record<string, boolean>> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name.replace(/-$/, ''), !name.endsWith('-')]));
}

/** The text of an answer with status 200. */
export async function textFrom(world: World, url: string, options?: AskOptions): Promise<string> {
  let answer: Answer;
  try {
    answer = await world.ask(url, options);
  } catch (error) {
    throw new Unavailable(`${url}: ${messageOf(error)}`);
  }
  if (answer.status !== 200) throw new Unavailable(`${url} answered ${answer.status}`);
  return answer.text;
}

export type Json = { readonly [key: string]: unknown };

export async function jsonFrom(world: World, url: string, options?: AskOptions): Promise<Json> {
  const text = await textFrom(world, url, options);
  try {
    const value: unknown = JSON.parse(text);
    if (isMap(value)) return value;
  } catch {
    // Said below.
  }
  throw new Unavailable(`${url} answered with something else than a JSON object`);
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text or number in it, '' for anything else. */
export function textIn(value: Json, ...path: readonly string[]): string {
  const found = path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

export function mapIn(value: Json, key: string): Json {
  const found = value[key];
  return isMap(found) ? found : {};
}

export function listIn(value: Json, key: string): readonly Json[] {
  const found = value[key];
  return Array.isArray(found) ? found.filter(isMap) : [];
}

/** Several texts at a time, by attribute. */
export async function texts(entries: Readonly<Record<string, Promise<string>>>): Promise<Found> {
  const found = await Promise.all(
    Object.entries(entries).map(async ([name, text]) => [name, (await text).trim()] as const),
  );
  return Object.fromEntries(found);
}

/** Adds what is there. */
export function putAll(found: Found, entries: Readonly<Record<string, AnyValue | undefined>>): void {
  for (const [name, value] of Object.entries(entries)) if (value !== undefined && value !== '') found[name] = value;
}
