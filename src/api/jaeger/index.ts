import type { FastifyInstance } from 'fastify';
import type { StoreReader } from '#query';
import { jaegerV1Routes } from './v1.ts';
import { jaegerV3Routes } from './v3.ts';

/**
 * Jaeger's HTTP query API in both generations: the one that Grafana's data source and Jaeger UI before 2026 use (`/api/traces`, …) and
 * the one of today's Jaeger UI (`/api/v3/…`). Served below `/jaeger`, which is the data source's URL, and at the root.
 */
export function jaegerRoutes(app: FastifyInstance, reader: StoreReader): void {
  for (const prefix of ['/jaeger', '']) {
    jaegerV1Routes(app, prefix, reader);
    jaegerV3Routes(app, prefix, reader);
  }
}
