import { execFile } from 'node:child_process';
import { isAbsolute, resolve, sep } from 'node:path';
import { excerpt, StartError } from '#base';

/** What a kubeconfig says under `exec`: a program that says who asks (client-go plugin/pkg/client/auth/exec). */
export interface ExecBlock {
  /** Found on PATH; with a slash in it, beside the kubeconfig. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of client.authentication.k8s.io: v1 or v1beta1. */
  readonly apiVersion: string;
  /** How the program is installed; '' for nothing said. */
  readonly installHint: string;
}

const GROUP = 'client.authentication.k8s.io';
const API_VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];
const TIMEOUT_MS = 30_000;
/** Of what the program prints. */
const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** A token is had anew so long before it expires, and where it doesn't say when, after ten minutes. */
const EXPIRY_MARGIN_MS = 10_000;
const UNDATED_MS = 600_000;

/** Reads the block. Throws a StartError that names what is wrong; `user` is whose it is. */
export function readExecBlock(block: unknown, user: string): ExecBlock {
  const raw = (block ?? {}) as Readonly<Record<string, unknown>>;
  const of = `exec of the user "${user}" of the kubeconfig`;
  const { command, apiVersion, interactiveMode } = raw;
  if (typeof command !== 'string' || command === '') throw new StartError(`${of} names no command`);
  if (!API_VERSIONS.includes(apiVersion as string)) {
    throw new StartError(
      `${of} has the apiVersion "${excerpt(String(apiVersion))}"`,
      `use ${API_VERSIONS.join(' or ')}`,
    );
  }
  if (interactiveMode === 'Always') throw new StartError(`${of} must ask a person (interactiveMode: Always)`);
  const env = listIn(raw['env']).map((one) => one as { readonly name?: unknown; readonly value?: unknown });
  return {
    command,
    args: listIn(raw['args']).map(String),
    env: Object.fromEntries(env.map(({ name, value }) => [String(name), String(value ?? '')])),
    apiVersion: apiVersion as string,
    installHint: typeof raw['installHint'] === 'string' ? raw['installHint'] : '',
  };
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Runs the program when there is no token, or it is about to expire; all who ask meanwhile wait for the one run. */
export class ExecCredential {
  readonly #block: ExecBlock;
  readonly #command: string;
  #token = '';
  #dueMs = 0;
  #running: Promise<string> | undefined;

  /** `folder` is that of the kubeconfig. */
  constructor(block: ExecBlock, folder: string) {
    this.#block = block;
    const { command } = block;
    this.#command = command.includes(sep) && !isAbsolute(command) ? resolve(folder, command) : command;
  }

  /** Rejects with a StartError where the program can't be run, fails, or says something else. */
  token(): Promise<string> {
    if (Date.now() < this.#dueMs) return Promise.resolve(this.#token);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<string> {
    const { token, expirationTimestamp } = this.#statusIn(await this.#output());
    if (typeof token !== 'string' || token === '') {
      throw new StartError(`${this.#command} gave no token`, 'client certificates of such a program are not used here');
    }
    const expiresMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
    this.#token = token;
    this.#dueMs = Number.isNaN(expiresMs) ? Date.now() + UNDATED_MS : expiresMs - EXPIRY_MARGIN_MS;
    return token;
  }

  #output(): Promise<string> {
    const { args, env, apiVersion, installHint } = this.#block;
    const asked = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec: { interactive: false } });
    const options = {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: asked },
      timeout: TIMEOUT_MS,
      maxBuffer: OUTPUT_LIMIT_BYTES,
    };
    return new Promise((resolveOutput, reject) => {
      execFile(this.#command, args, options, (error, stdout, stderr) => {
        if (error === null) return resolveOutput(stdout);
        // Not the error's own message: it repeats the arguments, which may hold secrets.
        const said = stderr.trim() === '' ? `it ended with ${error.code ?? error.signal}` : excerpt(stderr.trim());
        reject(
          new StartError(`could not have a credential of ${this.#command}: ${said}`, installHint || undefined, {
            cause: error,
          }),
        );
      }).stdin?.end();
    });
  }

  #statusIn(output: string): { readonly token?: unknown; readonly expirationTimestamp?: unknown } {
    let answer: { readonly kind?: unknown; readonly apiVersion?: unknown; readonly status?: object } | null;
    try {
      answer = JSON.parse(output) as typeof answer;
    } catch {
      answer = null;
    }
    if (answer?.kind !== 'ExecCredential' || answer.apiVersion !== this.#block.apiVersion) {
      throw new StartError(`${this.#command} printed no ExecCredential of ${this.#block.apiVersion}`);
    }
    return answer.status ?? {};
  }
}
