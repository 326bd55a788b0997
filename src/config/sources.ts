import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { after, ConfigError, type ConfigPlace, messageOf } from '#base';
import { decodeText } from './encoding.ts';
import type { ConfigNode } from './node.ts';
import { parseYaml, TEXT_LIMIT_BYTES, tooLong } from './yaml-node.ts';

/** What the sources read from: replaced in tests. */
export interface SourceEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<Uint8Array>;
  fetchText(url: string): Promise<string>;
}

export const processEnvironment: SourceEnvironment = {
  env: process.env,
  readFile: (path) => readConfigFile(path),
  async fetchText(url) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
    return await boundedText(response);
  },
};

/** What writes into a pipe may take so long, from the start to the end. */
const PIPE_LIMIT_MS = 10_000;
const PIPE_PAUSE_MS = 20;

/** Whether what is read from the path is gone then. */
export async function isPipe(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

/** Reads a file or a pipe (`--config <(…)`). A device can be without end, and a pipe may never begin. */
export async function readConfigFile(path: string, pipeLimitMs: number = PIPE_LIMIT_MS): Promise<Uint8Array> {
  // Without O_NONBLOCK a pipe that nobody writes to could not even be opened.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw new Error('it is a folder');
    if (found.isFIFO()) return await readPipe(file, pipeLimitMs);
    if (!found.isFile()) throw new Error('it is a device; only files and pipes are read');
    if (found.size > TEXT_LIMIT_BYTES) throw new Error(tooLong(found.size));
    // What grows, or is made by the kernel, can have more than its size says.
    return await readUntil(file, (bytesRead) => Promise.resolve(bytesRead === 0));
  } finally {
    await file.close();
  }
}

/** A pipe gives nothing before its writer comes, while it has nothing to say, and when it has gone. */
async function readPipe(file: FileHandle, limitMs: number): Promise<Uint8Array> {
  const endMs = performance.now() + limitMs;
  let hasBegun = false;
  return await readUntil(file, async (bytesRead) => {
    if (bytesRead === 0 && hasBegun) return true;
    hasBegun ||= bytesRead !== 0;
    if (performance.now() > endMs) {
      const found = hasBegun ? 'its other end is still open' : 'nothing came through it';
      throw new Error(`it is a pipe, and after ${limitMs / 1000} s ${found}`);
    }
    if (bytesRead <= 0) await new Promise<void>((resolve) => void after(PIPE_PAUSE_MS, resolve, { keepsAlive: true }));
    return false;
  });
}

/** `isEnd` is asked after each read with the number of its bytes: 0 at an end, below 0 where nothing is there yet. */
async function readUntil(file: FileHandle, isEnd: (bytesRead: number) => Promise<boolean>): Promise<Uint8Array> {
  const bytes = new Uint8Array(TEXT_LIMIT_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const bytesRead = await file.read(bytes, length).then(
      (read) => read.bytesRead,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EAGAIN') return -1;
        throw error;
      },
    );
    if (await isEnd(bytesRead)) return bytes.subarray(0, length);
    length += Math.max(0, bytesRead);
  }
  throw new Error(tooLong(length));
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > TEXT_LIMIT_BYTES) throw new Error(tooLong(length));
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** What one URI gives. */
export interface Retrieved {
  readonly node: ConfigNode;
  /** The content as it was written. */
  readonly text: string;
  /** Said once at start. */
  readonly warning?: string;
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):([\s\S]*)$/;
const ENV_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Splits `scheme:rest`; a text without a scheme gets `defaultScheme`. */
export function splitUri(uri: string, defaultScheme: string): { readonly scheme: string; readonly rest: string } {
  const match = SCHEME.exec(uri);
  // `${NAME:-fallback}` is the short form of `${env:NAME:-fallback}`.
  if (match === null || (defaultScheme === 'env' && match[2]!.startsWith('-')))
    return { scheme: defaultScheme, rest: uri };
  return { scheme: match[1]!, rest: match[2]! };
}

/** Reads one URI (`file:`, `env:`, `yaml:`, `http:`, `https:`). `at` is where it was asked for, undefined on the command line. */
export async function retrieve(
  uri: { readonly scheme: string; readonly rest: string },
  environment: SourceEnvironment,
  at: ConfigPlace | undefined,
): Promise<Retrieved> {
  const { scheme, rest } = uri;
  if (scheme === 'env') return retrieveEnv(rest, environment, at);
  if (scheme === 'yaml') {
    return { node: parseYaml({ text: rest, file: 'yaml:', ...(at && { at }) }), text: rest };
  }
  const file = scheme === 'file' ? rest : `${scheme}:${rest}`;
  if (scheme !== 'file' && scheme !== 'http' && scheme !== 'https') {
    throw new ConfigError(
      '',
      `scheme "${scheme}" is not supported for uri "${scheme}:${rest}"; use file, env, yaml, http or https`,
      at,
    );
  }
  let text: string;
  try {
    text = scheme === 'file' ? decodeText(await environment.readFile(rest), rest) : await environment.fetchText(file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('', `unable to read the file ${file}: ${readFailure(error)}`, at, { cause: error });
  }
  if (scheme !== 'file' || at === undefined) return { node: parseYaml({ text, file }), text };
  return { ...parsedOrText(text, at, file), text };
}

function retrieveEnv(rest: string, environment: SourceEnvironment, at: ConfigPlace | undefined): Retrieved {
  const split = rest.indexOf(':-');
  const name = split < 0 ? rest : rest.slice(0, split);
  if (!ENV_NAME.test(name)) {
    throw new ConfigError(
      '',
      `environment variable "${name}" has invalid name: must match regex ${ENV_NAME.source}`,
      at,
    );
  }
  const place = at ?? { file: `env:${name}`, line: 1, column: 1 };
  const value = environment.env[name] ?? (split < 0 ? undefined : rest.slice(split + 2));
  if (value === undefined) {
    const warning = `configuration references unset environment variable "${name}"; its value is empty`;
    return { node: { kind: 'scalar', place, value: null }, text: '', warning };
  }
  return { ...parsedOrText(value, place, `env:${name}`), text: value };
}

/** The content as YAML, or as a text where it is none; a text keeps its spelling, quotes included. */
function parsedOrText(text: string, at: ConfigPlace, file: string): { node: ConfigNode } {
  let node: ConfigNode;
  try {
    node = parseYaml(file.startsWith('env:') ? { text, file, at } : { text, file });
  } catch {
    return { node: { kind: 'scalar', place: at, value: text } };
  }
  if (node.kind === 'scalar' && typeof node.value === 'string')
    return { node: { kind: 'scalar', place: at, value: text } };
  return { node };
}

function readFailure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  return messageOf(error);
}
