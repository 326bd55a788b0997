import type { FastifyInstance } from 'fastify';
import type { StoreReader } from '#query';
import { AnswerGate } from '../answer-gate.ts';
import { jaegerUploadRoutes } from './upload.ts';
import { jaegerV1Routes } from './v1.ts';
import { jaegerV3Routes } from './v3.ts';

/** Whole traces in the making: each takes some hundred MB where it is as large as it may be. */
const GATED_ANSWERS = 1;

const aboutText = `This is the address of a Jaeger data source, for example in Grafana. It answers Jaeger's query API:

  api/services   api/services/NAME/operations   api/traces?service=NAME   api/traces/TRACE_ID   api/dependencies
  api/v3/services   api/v3/operations   api/v3/traces   api/v3/trace-summaries

Traces for people to look at are in the console, at / of this server.
`;

/**
 * Jaeger's HTTP query API in both generations: the one that Grafana's data source and Jaeger UI before 2026 use (`/api/traces`, …) and
 * the one of today's Jaeger UI (`/api/v3/…`). Served below `/jaeger`, which is the data source's URL, and at the root.
 *
 * `deadlineMs`: how long a request may wait for the store before it is answered with 504.
 */
export function jaegerRoutes(app: FastifyInstance, reader: StoreReader, deadlineMs: number): void {
  const gate = new AnswerGate(GATED_ANSWERS);
  for (const prefix of ['/jaeger', '']) {
    jaegerV1Routes(app, prefix, { reader, gate, deadlineMs });
    jaegerV3Routes(app, prefix, { reader, gate, deadlineMs });
    jaegerUploadRoutes(app, prefix, gate);
  }
  // Whoever opens the data source's URL in a browser.
  app.get('/jaeger', (_request, reply) => reply.type('text/plain; charset=utf-8').send(aboutText));
}
