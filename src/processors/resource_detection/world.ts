import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { hostname } from 'node:os';
import type { Logger } from '#base';
import { accessOf, type KubernetesAuthConfig } from '#kubernetes';
import { ByteBudget, HttpClient, httpTarget, Share } from '#net';

/** Asks the API of a cluster for a path; resolves to the object that it answers with. */
export type KubernetesApi = (path: string) => Promise<{ readonly [key: string]: unknown }>;

/** The API answered that it will not. */
export class KubernetesRefusal extends Error {
  readonly status: number;
  constructor(path: string, status: number) {
    super(`the API of Kubernetes answered ${status} to ${path}`);
    this.status = status;
  }
}

/** What detectors may look at. Tests have one of their own. */
export interface World {
  /** A variable of the environment; undefined where it is not set. */
  env(name: string): string | undefined;
  /** Rejects with the system's error. */
  readText(path: string): Promise<string>;
  hostname(): string;
  /** Rejects where it is not known where the API is, or who asks. */
  kubernetes(auth: KubernetesAuthConfig): Promise<KubernetesApi>;
  /** One request to exactly this address: a redirect is an answer like any other. Rejects where there is none in time. */
  ask(url: string, options?: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  readonly method?: 'GET' | 'PUT' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the network: a Unix socket. */
  readonly socketPath?: string;
  /** Whom a server is to be certified by; in PEM. */
  readonly ca?: string;
  readonly insecureSkipVerify?: boolean;
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Metadata is small. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;

export interface MachineSettings {
  /** Ends what is asked. */
  readonly abort: AbortSignal;
  readonly path: string;
  readonly userAgent: string;
  readonly logger: Logger;
}

/** The machine that the collector runs on. */
export function thisMachine(settings: MachineSettings): World {
  return {
    env: (name) => process.env[name],
    readText: (path) => readFile(path, 'utf8'),
    hostname: () => hostname(),
    ask: (url, options = {}) => ask(url, options, settings.abort),
    kubernetes: (auth) => kubernetesApi(auth, settings),
  };
}

const ATTEMPT_LIMIT_MS = 60_000;

async function kubernetesApi(auth: KubernetesAuthConfig, settings: MachineSettings): Promise<KubernetesApi> {
  const access = await accessOf(auth);
  const client = new HttpClient({ ...settings, config: access.client, isDirect: access.isDirect });
  await client.start(access.server.startsWith('https:'));
  settings.abort.addEventListener('abort', () => client.close(), { once: true });
  return async (path) => {
    const share = new Share(new ByteBudget(0));
    try {
      const { status, body } = await client.get({
        url: httpTarget(access.server + path),
        headers: { accept: 'application/json' },
        ownHeaders: await access.authorize(),
        limitBytes: ANSWER_LIMIT_BYTES,
        timeoutMs: ATTEMPT_LIMIT_MS,
        followsRedirects: false,
        share,
        abort: settings.abort,
      });
      if (status !== 200) throw new KubernetesRefusal(path, status);
      return JSON.parse(Buffer.from(body).toString()) as { [key: string]: unknown };
    } finally {
      share.release();
    }
  };
}

function ask(url: string, options: AskOptions, abort: AbortSignal): Promise<Answer> {
  const signal =
    options.timeoutMs === undefined ? abort : AbortSignal.any([abort, AbortSignal.timeout(options.timeoutMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const sent = request(
    url,
    {
      method: options.method ?? 'GET',
      headers: options.headers ?? {},
      signal,
      agent: false,
      ...(options.socketPath !== undefined && { socketPath: options.socketPath }),
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.insecureSkipVerify === true && { rejectUnauthorized: false }),
    },
    (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > ANSWER_LIMIT_BYTES) sent.destroy(new Error('the answer is larger than 1 MiB'));
        else parts.push(part);
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
      response.once('error', reject);
    },
  );
  sent.once('error', reject);
  sent.end();
  return promise;
}
