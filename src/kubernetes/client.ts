import { DecodeError, excerpt, type Logger, messageOf } from '#base';
import { ByteBudget, type HttpAnswer, HttpClient, type HttpStream, httpTarget, Share } from '#net';
import type { KubernetesAccess } from './access.ts';
import { type Asked, failureOf, type KubernetesFailure } from './failure.ts';
import { linesOf } from './lines.ts';
import type { KubernetesObject } from './objects.ts';
import { type KubernetesResource, pathOf } from './resources.ts';

/** Which objects are asked for. */
export interface ObjectSelection {
  readonly resource: KubernetesResource;
  /** '' for all of them. */
  readonly namespace: string;
  /** '' for all. */
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** Only `metadata` is sent: the rest costs the API and the network much. */
  readonly isMetadataOnly: boolean;
}

export interface ObjectPage {
  readonly items: readonly KubernetesObject[];
  /** What is newer than the list comes from a watch from here. */
  readonly resourceVersion: string;
  /** '' on the last page. */
  readonly next: string;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** Of an ERROR a `Status`. */
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string };
}

export interface KubernetesClientSettings {
  /** For errors: the component's place in the configuration. */
  readonly path: string;
  readonly userAgent: string;
  readonly logger: Logger;
}

/** Of a page, inflated: some hundreds of objects of at most 1.5 MiB each, of which most have 10 KiB. */
const PAGE_LIMIT_BYTES = 256 * 1024 * 1024;
const PAGE_TIMEOUT_MS = 60_000;
/** An object that is longer is none of Kubernetes'. */
const EVENT_LIMIT_BYTES = 16 * 1024 * 1024;
const HEAD_TIMEOUT_MS = 30_000;
/** A watch is over when the API says so; one that says nothing for so long after its time has been forgotten. */
const OVERDUE_MS = 30_000;
const FAILURE_LIMIT_BYTES = 65_536;

/** Asks the API of a cluster. Every failure says what was asked for, and what would help. */
export class KubernetesClient {
  readonly #access: KubernetesAccess;
  readonly #http: HttpClient;
  readonly #budget = new ByteBudget(0);

  constructor(access: KubernetesAccess, settings: KubernetesClientSettings) {
    this.#access = access;
    this.#http = new HttpClient({ ...settings, config: access.client, isDirect: access.isDirect });
  }

  /** Reads the certificates. Throws a StartError. */
  async start(): Promise<void> {
    await this.#http.start(this.#access.server.startsWith('https:'));
  }

  close(): void {
    this.#http.close();
  }

  /** One page of a list. `limit` 0: all of it, as the API has it at hand. */
  async list(selection: ObjectSelection, next: string, limit: number, abort: AbortSignal): Promise<ObjectPage> {
    const asked: Asked = { ...selection, verb: 'list' };
    const query = {
      ...(limit > 0 ? { limit: String(limit) } : { resourceVersion: '0' }),
      ...(next && { continue: next }),
    };
    const share = new Share(this.#budget);
    let answer: HttpAnswer;
    try {
      answer = await this.#http.get({
        url: this.#url(selection, query),
        headers: { accept: accepted(selection, 'PartialObjectMetadataList'), 'accept-encoding': 'gzip' },
        ownHeaders: await this.#access.authorize(),
        limitBytes: PAGE_LIMIT_BYTES,
        timeoutMs: PAGE_TIMEOUT_MS,
        followsRedirects: false,
        share,
        abort,
      });
    } finally {
      share.release();
    }
    const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.length).toString();
    if (answer.status !== 200) throw failureOf(asked, answer.status, body, answer.headers['retry-after']);
    return pageOf(body);
  }

  /** Watches what changes after `resourceVersion`, until the API ends it after `timeoutS`. The events throw where they break off. */
  async watch(
    selection: ObjectSelection,
    resourceVersion: string,
    timeoutS: number,
    abort: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>> {
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds: String(timeoutS) };
    const stream = await this.#http.stream({
      url: this.#url(selection, query),
      headers: { accept: accepted(selection, 'PartialObjectMetadata'), ...(await this.#access.authorize()) },
      headTimeoutMs: HEAD_TIMEOUT_MS,
      idleTimeoutMs: timeoutS * 1000 + OVERDUE_MS,
      abort,
    });
    if (stream.status === 200) return eventsOf(stream);
    const body = await beginningOf(stream);
    throw failureOf({ ...selection, verb: 'watch' }, stream.status, body, stream.headers['retry-after']);
  }

  #url({ resource, namespace, labelSelector, fieldSelector }: ObjectSelection, query: Record<string, string>) {
    const all = new URLSearchParams({
      ...query,
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
    });
    return httpTarget(`${this.#access.server}${pathOf(resource, namespace)}?${all}`);
  }
}

function accepted({ isMetadataOnly }: ObjectSelection, as: string): string {
  return isMetadataOnly ? `application/json;as=${as};g=meta.k8s.io;v=v1, application/json` : 'application/json';
}

function pageOf(text: string): ObjectPage {
  const page = parsed(text) as {
    readonly items?: readonly KubernetesObject[] | null;
    readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  };
  return {
    items: page.items ?? [],
    resourceVersion: page.metadata?.resourceVersion ?? '',
    next: page.metadata?.continue ?? '',
  };
}

async function* eventsOf(stream: HttpStream): AsyncGenerator<WatchEvent, void> {
  for await (const line of linesOf(stream.body, EVENT_LIMIT_BYTES)) yield eventOf(line);
}

function eventOf(line: string): WatchEvent {
  const event = parsed(line) as Partial<WatchEvent>;
  if (typeof event.type !== 'string' || typeof event.object !== 'object' || event.object === null) {
    throw new DecodeError(`the API has sent what is no event of a watch: ${excerpt(line)}`);
  }
  return event as WatchEvent;
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw new DecodeError(`the API has sent what is no JSON: ${messageOf(error)}`);
  }
  throw new DecodeError(`the API has sent what is no object: ${excerpt(text)}`);
}

async function beginningOf(stream: HttpStream): Promise<string> {
  let text = '';
  for await (const part of stream.body) {
    text += part.toString();
    if (text.length > FAILURE_LIMIT_BYTES) break;
  }
  return text;
}

/** What an ERROR of a watch says. */
export function watchFailure(selection: ObjectSelection, event: WatchEvent): KubernetesFailure {
  const { code = 500, message = '' } = event.object;
  return failureOf({ ...selection, verb: 'watch' }, code, JSON.stringify({ message }), undefined);
}
