/** Puts the routes of an API before the world: who asks, whose data, its turn, its time, its answer or its failure. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget } from '#net';
import { QueryError, type SpentOnRequest, type StoreReader } from '#query';
import { requestDeadline } from './abort.ts';
import { type Access, type Asking, type Principal, Refusal } from './access.ts';
import { AnswerGate } from './answer-gate.ts';
import { type Answer, JSON_TYPE, SocketAnswer, StreamedAnswer, TextAnswer } from './answers.ts';
import { AnswerError, failureOf } from './errors.ts';
import type { ApiLimits, ApiNeeds, ApiPlugin, ApiRequest, ApiRoute, QueryString } from './plugin.ts';
import { sendStreamed, tooLong } from './stream.ts';
import { Websockets } from './websocket.ts';

export interface ApiHost {
  /** Of any tenant; requests get one of theirs. */
  readonly reader: StoreReader;
  readonly access: Access;
  readonly needs: ApiNeeds;
  readonly websockets: Websockets;
  /** Of each API, for its answers over HTTP and gRPC together. */
  readonly gatesOf: (plugin: ApiPlugin) => Gates;
  /** No request of any API waits for longer. */
  readonly requestTimeoutMs: number;
}

export interface Gates {
  readonly all: AnswerGate;
  readonly large: AnswerGate;
}

export function makeGates({ name, limits }: ApiPlugin): Gates {
  return { all: new AnswerGate(limits.concurrency, name), large: new AnswerGate(limits.largeConcurrency, name) };
}

interface Admitted {
  readonly principal: Principal;
  readonly tenant: string;
}

export function mountPlugin(app: FastifyInstance, plugin: ApiPlugin, host: ApiHost): void {
  const gates = host.gatesOf(plugin);
  const routes = [...plugin.routes(host.needs), ...aboutRoute(plugin)];
  app.register(async (scope) => {
    // Clients name no type, or one that does not fit: what a body is, is the route's to say.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const route of routes) {
      const isBelowFirst = route.path === '' || route.isBelowFirst === true;
      const prefixes = isBelowFirst ? plugin.prefixes.slice(0, 1) : plugin.prefixes;
      for (const prefix of route.isAtRootToo === true ? [...prefixes, ''] : prefixes)
        addRoute(scope, `${prefix}${route.path}`, route, plugin, host, gates);
    }
  });
}

function aboutRoute({ about }: ApiPlugin): readonly ApiRoute[] {
  if (about === undefined) return [];
  return [{ method: 'GET', path: '', answer: () => new TextAnswer('text/plain; charset=utf-8', about) }];
}

function addRoute(
  app: FastifyInstance,
  url: string,
  route: ApiRoute,
  plugin: ApiPlugin,
  host: ApiHost,
  gates: Gates,
): void {
  const own: ApiLimits = { ...plugin.limits, ...route.limits };
  const limits = { ...own, deadlineMs: Math.min(own.deadlineMs, host.requestTimeoutMs) };
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  const held = route.limits?.heldBytes === undefined ? undefined : new ByteBudget(route.limits.heldBytes);
  app.route({
    method: route.method,
    url,
    bodyLimit: limits.bodyBytes,
    errorHandler: (error, request, reply) => sendFailure(error, request, reply, route.failed ?? plugin.failed),
    onRequest: async (request, reply) => {
      reply.header('cache-control', 'no-store');
      refuseForeignPage(request);
      admitted.set(request, await admit(host.access, askingOf(plugin.name, request), reply));
      if (held !== undefined) holdBody(held, request, reply, limits.bodyBytes);
    },
    handler: async (request, reply) => {
      const { principal, tenant } = admitted.get(request)!;
      // In this order: what waits for a large one's place shall hold no other.
      if (route.isLarge) await gates.large.enter(reply.raw);
      if (!route.isUrgent) await gates.all.enter(reply.raw);
      const query = request.query as QueryString;
      const isExplained = plugin.explains === true && query['explain'] === '1';
      const spent: SpentOnRequest = { ms: 0, ...(isExplained && { statements: [] }) };
      const deadline = requestDeadline(reply, limits.deadlineMs);
      const answer = await route.answer({
        principal,
        reader: host.reader.ofTenant(tenant),
        options: { signal: deadline.signal, spent },
        query,
        headers: request.headers,
        path: request.params as ApiRequest['path'],
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      });
      // So that a page that refreshes itself knows what that costs.
      reply.header('server-timing', `store;dur=${spent.ms.toFixed(1)}`);
      if (answer instanceof StreamedAnswer)
        return sendStreamed(request, reply, answer, { answerBytes: limits.answerBytes, deadline });
      if (answer instanceof SocketAnswer) return host.websockets.open(request, reply, answer, deadline);
      return sendWhole(reply, isExplained ? { ...answer, explain: spent.statements } : answer, limits.answerBytes);
    },
  });
}

/** Counts the request's body until it is answered. Throws QueryError where too many bytes are held. */
function holdBody(budget: ByteBudget, request: FastifyRequest, reply: FastifyReply, bodyBytes: number): void {
  const said = Number(request.headers['content-length'] ?? bodyBytes);
  // One that is too large is refused before anything of it is kept.
  const bytes = said <= bodyBytes ? said : 0;
  if (!budget.tryTake(bytes)) {
    const hint = 'try again in a moment';
    throw new QueryError('store_unavailable', `more than ${budget.limitBytes} bytes of requests are under way`, {
      hint,
    });
  }
  reply.raw.once('close', () => budget.giveBack(bytes));
}

function sendWhole(reply: FastifyReply, answer: Answer, answerBytes: number): FastifyReply {
  if (answer instanceof TextAnswer) return sendText(reply, answer, answerBytes);
  const bytes = Buffer.from(JSON.stringify(answer));
  if (bytes.length > answerBytes) throw tooLong(answerBytes);
  return reply.type(JSON_TYPE).send(bytes);
}

function sendText(reply: FastifyReply, { type, text, status, headers }: TextAnswer, answerBytes: number): FastifyReply {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length);
  if (bytes.length > answerBytes) throw tooLong(answerBytes);
  reply.code(status).headers(headers);
  return status === 204 ? reply.send() : reply.type(type).send(bytes);
}

function askingOf(api: string, { method, url, headers, socket }: FastifyRequest): Asking {
  return { api, method, url, headers, remoteAddress: socket.remoteAddress ?? '' };
}

async function admit(access: Access, asking: Asking, reply: FastifyReply): Promise<Admitted> {
  const principal = await access.authenticate(asking);
  if (principal instanceof Refusal) throw refused(principal, reply);
  const tenant = await access.tenantOf(asking, principal);
  if (tenant instanceof Refusal) throw refused(tenant, reply);
  return { principal, tenant };
}

function refused({ status, message, challenge }: Refusal, reply: FastifyReply): AnswerError {
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  return new AnswerError(status, status === 401 ? 'unauthenticated' : 'forbidden', message);
}

/** Answers with a failure in the form of an API. What is not the client's mistake is logged, with its cause; that a client has gone is none. */
export function sendFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  failed: ApiPlugin['failed'],
): void {
  const failure = failureOf(error);
  const isGone = reply.raw.destroyed && (error as { name?: unknown }).name === 'AbortError';
  if (failure.status === 500 && !isGone && !(error instanceof AnswerError))
    request.log.error({ err: error, url: request.url }, 'request failed');
  if (failure.status === 503) reply.header('retry-after', '1');
  sendForm(reply, failure.status, failed(failure));
}

/** What an API says of a failure, in its form. */
export function sendForm(reply: FastifyReply, status: number, answer: object): void {
  if (answer instanceof TextAnswer) sendText(reply, answer, Number.POSITIVE_INFINITY);
  else reply.code(status).type(JSON_TYPE).send(JSON.stringify(answer));
}

/**
 * Pages of other origins may not change anything: a browser sends what is plain enough without asking first, whatever type it claims to be, and
 * says whose page it was. Nor may they open a websocket, which browsers let them read. Who is no browser says nothing of the kind.
 */
function refuseForeignPage({ method, headers, raw }: FastifyRequest): void {
  const isReading = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  if (isReading && !Websockets.isAsked(raw)) return;
  const { origin, host } = headers;
  // `null` is the origin of pages that have none, such as files.
  const isForeign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (isForeign || headers['sec-fetch-site'] === 'cross-site')
    throw new AnswerError(403, 'forbidden', 'a page of another origin may not do this');
}
