import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf } from '#base';
import { QueryError } from '#query';
import type { AnswerGate } from '../answer-gate.ts';
import { HTTP_STATUS } from '../errors.ts';
import { rawTrace } from './adjust.ts';
import { jaegerTraces } from './model.ts';
import { readOtlpJson } from './otlp-json-reader.ts';
import { traceIdOf } from './parameters.ts';

/**
 * What Jaeger UI posts: a file of OTLP/JSON, which it gets back in the form that it shows, and traces to archive. There is no second store
 * for archived traces; Jaeger without one answers the same.
 */
export function jaegerUploadRoutes(app: FastifyInstance, prefix: string, gate: AnswerGate): void {
  app.register(async (scope) => {
    // The UI names no type, or one that does not fit; and an archive request has no body.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(`${prefix}/api/transform`, async (request, reply) => {
      try {
        await gate.enter(reply);
        const spans = readOtlpJson(String(request.body ?? ''));
        const ids = [...new Set(spans.map(({ traceId }) => traceId))];
        const data = jaegerTraces(ids, spans, rawTrace);
        return { data, total: data.length, limit: 0, offset: 0, errors: null };
      } catch (error) {
        return failed(reply, error instanceof QueryError ? HTTP_STATUS[error.code] : 400, messageOf(error));
      }
    });
    scope.post<{ Params: { traceId: string } }>(`${prefix}/api/archive/:traceId`, async (request, reply) => {
      try {
        traceIdOf(request.params.traceId);
      } catch (error) {
        return failed(reply, 400, messageOf(error));
      }
      return failed(reply, 500, 'archive span storage was not configured');
    });
  });
}

function failed(reply: FastifyReply, code: number, msg: string): FastifyReply {
  return reply.code(code).send({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });
}
