/** Puts the routes of an API before the world: who asks, whose data, its turn, its time, its answer or its failure. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SpentOnRequest, StoreReader } from '#query';
import { requestDeadline } from './abort.ts';
import { type Access, type Asking, type Principal, Refusal } from './access.ts';
import { AnswerGate } from './answer-gate.ts';
import { type Answer, JSON_TYPE, StreamedAnswer, TextAnswer } from './answers.ts';
import { AnswerError, failureOf } from './errors.ts';
import type { ApiLimits, ApiNeeds, ApiPlugin, ApiRequest, ApiRoute, QueryString } from './plugin.ts';
import { sendStreamed, tooLong } from './stream.ts';

export interface ApiHost {
  /** Of any tenant; requests get one of theirs. */
  readonly reader: StoreReader;
  readonly access: Access;
  readonly needs: ApiNeeds;
  /** No request of any API waits for longer. */
  readonly requestTimeoutMs: number;
}

interface Admitted {
  readonly principal: Principal;
  readonly tenant: string;
}

export function mountPlugin(app: FastifyInstance, plugin: ApiPlugin, host: ApiHost): void {
  const { name, limits } = plugin;
  const gates = {
    all: new AnswerGate(limits.concurrency, name),
    large: new AnswerGate(limits.largeConcurrency, name),
  };
  const routes = [...plugin.routes(host.needs), ...aboutRoute(plugin)];
  app.register(async (scope) => {
    // Clients name no type, or one that does not fit: what a body is, is the route's to say.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const route of routes) {
      const isBelowFirst = route.path === '' || route.isBelowFirst === true;
      const prefixes = isBelowFirst ? plugin.prefixes.slice(0, 1) : plugin.prefixes;
      for (const prefix of prefixes) addRoute(scope, `${prefix}${route.path}`, route, plugin, host, gates);
    }
  });
}

function aboutRoute({ about }: ApiPlugin): readonly ApiRoute[] {
  if (about === undefined) return [];
  return [{ method: 'GET', path: '', answer: () => new TextAnswer('text/plain; charset=utf-8', about) }];
}

interface Gates {
  readonly all: AnswerGate;
  readonly large: AnswerGate;
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
  app.route({
    method: route.method,
    url,
    bodyLimit: limits.bodyBytes,
    errorHandler: (error, request, reply) => sendFailure(error, request, reply, route.failed ?? plugin.failed),
    onRequest: async (request, reply) => {
      reply.header('cache-control', 'no-store');
      admitted.set(request, await admit(host.access, askingOf(plugin.name, request), reply));
    },
    handler: async (request, reply) => {
      const { principal, tenant } = admitted.get(request)!;
      // In this order: what waits for a large one's place shall hold no other.
      if (route.isLarge) await gates.large.enter(reply);
      if (!route.isUrgent) await gates.all.enter(reply);
      const query = request.query as QueryString;
      const isExplained = plugin.explains === true && query['explain'] === '1';
      const spent: SpentOnRequest = { ms: 0, ...(isExplained && { statements: [] }) };
      const deadline = requestDeadline(reply, limits.deadlineMs);
      const answer = await route.answer({
        principal,
        reader: host.reader.ofTenant(tenant),
        options: { signal: deadline.signal, spent },
        query,
        path: request.params as ApiRequest['path'],
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      });
      // So that a page that refreshes itself knows what that costs.
      reply.header('server-timing', `store;dur=${spent.ms.toFixed(1)}`);
      if (answer instanceof StreamedAnswer)
        return sendStreamed(request, reply, answer, { answerBytes: limits.answerBytes, deadline });
      return sendWhole(reply, isExplained ? { ...answer, explain: spent.statements } : answer, limits.answerBytes);
    },
  });
}

function sendWhole(reply: FastifyReply, answer: Answer, answerBytes: number): FastifyReply {
  const isText = answer instanceof TextAnswer;
  const bytes = Buffer.from(isText ? answer.text : JSON.stringify(answer));
  if (bytes.length > answerBytes) throw tooLong(answerBytes);
  return reply.type(isText ? answer.type : JSON_TYPE).send(bytes);
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

/** Answers with a failure in the form of an API. What is not the client's mistake is logged, with its cause. */
export function sendFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  failed: ApiPlugin['failed'],
): void {
  const failure = failureOf(error);
  if (failure.status === 500 && !(error instanceof AnswerError))
    request.log.error({ err: error, url: request.url }, 'request failed');
  if (failure.status === 503) reply.header('retry-after', '1');
  reply
    .code(failure.status)
    .type(JSON_TYPE)
    .send(JSON.stringify(failed(failure)));
}
