import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { after } from '#base';
import { type KubernetesObject, keyOf } from '../objects.ts';
import { type KubernetesKind, type KubernetesResource, RESOURCES } from '../resources.ts';
import { type ObjectChange, ObjectLog } from './object-log.ts';
import { matchesFields, matchesLabels } from './selectors.ts';

export interface FakeApiOptions {
  /** Files of a certificate for 127.0.0.1, and its key: then it speaks TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Only who shows one of these may ask; anybody where it is absent. */
  readonly tokens?: ReadonlySet<string>;
  readonly port?: number;
}

export interface AskedApi {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly accept: string;
}

interface Place {
  readonly kind: KubernetesKind;
  readonly resource: KubernetesResource;
  readonly namespace: string;
}

interface Watch {
  readonly place: Place;
  readonly query: URLSearchParams;
  readonly isMetadataOnly: boolean;
  readonly response: ServerResponse;
}

const KINDS: Readonly<Record<KubernetesKind, string>> = {
  node: 'Node',
  namespace: 'Namespace',
  pod: 'Pod',
  service: 'Service',
  endpoints: 'Endpoints',
  endpointslice: 'EndpointSlice',
  ingress: 'Ingress',
  deployment: 'Deployment',
  replicaset: 'ReplicaSet',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
  job: 'Job',
  cronjob: 'CronJob',
};

/**
 * The API of a cluster as far as reading goes, and its faults: lists in pages of one moment, watches from a version on with bookmarks, 410 Gone
 * for what is compacted, 403 in the words of RBAC, an API that hangs or is away. In memory, over real sockets.
 */
export class FakeKubernetesApi {
  readonly asked: AskedApi[] = [];
  /** Requests stay without an answer. */
  isHanging = false;
  /** Pages have this many objects at most, whatever the client asks for. */
  pageLimit: number = Number.POSITIVE_INFINITY;
  /** Who may not read what: plurals of resources. */
  readonly forbidden: Set<string> = new Set();
  readonly #options: FakeApiOptions;
  readonly #log = new ObjectLog();
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;

  private constructor(options: FakeApiOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  static async start(options: FakeApiOptions = {}): Promise<FakeKubernetesApi> {
    const api = new FakeKubernetesApi(options);
    await api.comeBack();
    return api;
  }

  get url(): string {
    return `http${this.#options.tls === undefined ? '' : 's'}://127.0.0.1:${this.#port}`;
  }
  /** A kubeconfig with its address. */
  kubeConfig(): string {
    return JSON.stringify({
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: '' } }],
      clusters: [{ name: 'fake', cluster: { server: this.url } }],
    });
  }
  get port(): number {
    return this.#port;
  }
  get watchCount(): number {
    return this.#watches.size;
  }
  get version(): number {
    return this.#log.version;
  }

  /** Listens, after `goAway` at the same port. */
  async comeBack(): Promise<void> {
    const { tls } = this.#options;
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    const server =
      tls === undefined
        ? createServer(answer)
        : createSecureServer({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) }, answer);
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and cuts all connections. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#watches.clear();
    await closed;
  }

  put(kind: KubernetesKind, ...objects: readonly KubernetesObject[]): void {
    for (const object of objects) this.#tell(this.#log.put(RESOURCES[kind].plural, object));
  }

  /** `key` is `namespace/name`, or a name. */
  remove(kind: KubernetesKind, key: string): void {
    this.#tell(this.#log.remove(RESOURCES[kind].plural, key));
  }

  /** Tells all watches which version they have reached. */
  bookmark(): void {
    for (const watch of this.#watches) {
      const object = { ...header(watch), metadata: { resourceVersion: String(this.version) } };
      send(watch, { type: 'BOOKMARK', object });
    }
  }

  /** Forgets what was before now: who comes with an older version is told 410 Gone. */
  compact(): void {
    this.#log.compactedVersion = this.version;
  }

  /** Tells all watches in their middle that what they want is gone, and ends them. */
  expireWatches(): void {
    for (const watch of this.#watches) {
      send(watch, { type: 'ERROR', object: status(410, 'Expired', 'too old resource version: 1 (2)') });
    }
    this.endWatches();
  }

  endWatches(): void {
    for (const { response } of this.#takeWatches()) response.end();
  }

  /** Cuts all watches in the middle of an event. */
  cutWatches(): void {
    for (const { response } of this.#takeWatches()) {
      response.write('{"type":"MODIFIED","obj', () => response.destroy());
    }
  }

  #takeWatches(): Watch[] {
    const all = [...this.#watches];
    this.#watches.clear();
    return all;
  }

  #tell(change: ObjectChange): void {
    for (const watch of this.#watches) sendChange(watch, change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://api');
    const { authorization = '', accept = '' } = request.headers;
    this.asked.push({ path: url.pathname, query: url.searchParams, authorization, accept });
    if (this.isHanging) return;
    const place = placeOf(url.pathname);
    const { tokens } = this.#options;
    if (tokens !== undefined && !tokens.has(authorization.replace(/^Bearer /, ''))) {
      refuse(response, 401, 'Unauthorized', 'Unauthorized');
      return;
    }
    if (place === undefined) {
      refuse(response, 404, 'NotFound', 'the server could not find the requested resource');
      return;
    }
    const query = url.searchParams;
    const isWatch = query.get('watch') === 'true' || query.get('watch') === '1';
    const { resource } = place;
    if (this.forbidden.has(resource.plural)) {
      const scope = place.namespace === '' ? 'at the cluster scope' : `in the namespace "${place.namespace}"`;
      const message =
        `${resource.plural} is forbidden: User "system:serviceaccount:obs:otel" cannot ${isWatch ? 'watch' : 'list'} ` +
        `resource "${resource.plural}" in API group "${resource.group}" ${scope}`;
      refuse(response, 403, 'Forbidden', message);
      return;
    }
    const isMetadataOnly = accept.includes('as=PartialObjectMetadata');
    if (isWatch) this.#watch({ place, query, isMetadataOnly, response });
    else this.#list(place, query, isMetadataOnly, request, response);
  }

  #list(
    place: Place,
    query: URLSearchParams,
    isMetadataOnly: boolean,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const token = query.get('continue') ?? '';
    const begun =
      token === '' ? undefined : (JSON.parse(Buffer.from(token, 'base64url').toString()) as [number, string]);
    if (begun !== undefined && begun[0] < this.#log.compactedVersion) {
      refuse(response, 410, 'Expired', 'The provided continue parameter is too old');
      return;
    }
    const version = begun?.[0] ?? this.version;
    // As the real one: what it has at hand for the version 0 comes at once.
    const limit = Math.min(
      query.get('resourceVersion') === '0' ? Infinity : Number(query.get('limit') ?? 0) || Infinity,
      this.pageLimit,
    );
    const all = this.#log.at(place.resource.plural, version).filter((object) => isSelected(place, query, object));
    const from = begun === undefined ? 0 : all.findIndex((object) => keyOf(object) > begun[1]);
    const items = from < 0 ? [] : all.slice(from, from + limit);
    const last = items.at(-1);
    const isMore = last !== undefined && from + items.length < all.length;
    const metadata = {
      resourceVersion: String(version),
      ...(isMore && { continue: Buffer.from(JSON.stringify([version, keyOf(last)])).toString('base64url') }),
    };
    const { apiVersion, kind } = header({ place, isMetadataOnly });
    const body = Buffer.from(
      JSON.stringify({
        apiVersion,
        kind: `${kind}List`,
        metadata,
        items: items.map((object) => shown(object, { place, isMetadataOnly })),
      }),
    );
    const isGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) && body.length > 1024;
    response.writeHead(200, { 'content-type': 'application/json', ...(isGzip && { 'content-encoding': 'gzip' }) });
    response.end(isGzip ? gzipSync(body) : body);
  }

  #watch(watch: Watch): void {
    const { place, query, response } = watch;
    if (query.get('sendInitialEvents') === 'true') {
      const message =
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      refuse(response, 422, 'Invalid', message);
      return;
    }
    const from = query.get('resourceVersion') ?? '';
    const isFromNow = from === '' || from === '0';
    if (!isFromNow && Number(from) < this.#log.compactedVersion) {
      refuse(response, 410, 'Expired', `too old resource version: ${from} (${this.#log.compactedVersion})`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    if (isFromNow) {
      for (const object of this.#log.at(place.resource.plural, this.version)) {
        if (isSelected(place, query, object)) send(watch, { type: 'ADDED', object: shown(object, watch) });
      }
    } else for (const change of this.#log.after(place.resource.plural, Number(from))) sendChange(watch, change);
    this.#watches.add(watch);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const timer = seconds > 0 ? after(seconds * 1000, () => void response.end()) : undefined;
    response.once('close', () => {
      timer?.cancel();
      this.#watches.delete(watch);
    });
  }
}

/** Where a path of the API leads; undefined for none of ours. */
function placeOf(path: string): Place | undefined {
  const match = /^\/(?:api\/v1|apis\/([^/]+)\/v1)\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/.exec(path);
  if (match === null) return undefined;
  const [, group = '', namespace = '', plural = ''] = match;
  for (const [kind, resource] of Object.entries(RESOURCES)) {
    if (resource.plural !== plural || resource.group !== group) continue;
    return { kind: kind as KubernetesKind, resource, namespace: decodeURIComponent(namespace) };
  }
  return undefined;
}

function isSelected({ namespace }: Place, query: URLSearchParams, object: KubernetesObject | undefined): boolean {
  return (
    object !== undefined &&
    (namespace === '' || object.metadata?.namespace === namespace) &&
    matchesLabels(query.get('labelSelector') ?? '', object) &&
    matchesFields(query.get('fieldSelector') ?? '', object)
  );
}

type Form = Pick<Watch, 'place' | 'isMetadataOnly'>;

function header({ place, isMetadataOnly }: Form): { readonly apiVersion: string; readonly kind: string } {
  if (isMetadataOnly) return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata' };
  const { group, version } = place.resource;
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind: KINDS[place.kind] };
}

function shown(object: KubernetesObject, form: Form): object {
  return { ...header(form), ...(form.isMetadataOnly ? { metadata: object.metadata } : object) };
}

/** What a change is for who watches: an object that is no longer selected is deleted for it. */
function sendChange(watch: Watch, { plural, object, before, isDeleted }: ObjectChange): void {
  const { place, query } = watch;
  if (plural !== place.resource.plural) return;
  const was = isSelected(place, query, before);
  const is = !isDeleted && isSelected(place, query, object);
  if (is) send(watch, { type: was ? 'MODIFIED' : 'ADDED', object: shown(object, watch) });
  else if (was) send(watch, { type: 'DELETED', object: shown(object, watch) });
}

function send({ response }: Watch, event: { readonly type: string; readonly object: object }): void {
  response.write(`${JSON.stringify(event)}\n`);
}

function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status(code, reason, message)));
}
