import { performance } from 'node:perf_hooks';
import { type Histogram, type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import { DatabaseError } from './errors.ts';
import type { Random } from './random.ts';
import { sleep } from './sleep.ts';
import { inSpan, type Telemetry } from './telemetry.ts';

export interface Query {
  readonly operation: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'COMMIT';
  readonly table: string;
  readonly text: string;
  /** How long it usually takes. */
  readonly medianMs: number;
  /** Rows returned or changed. */
  readonly rows?: number;
  /** One in this many never comes to an end and is cancelled by the server. */
  readonly timesOutOneIn?: number;
}

/** One query in this many waits long for a lock or reads from a cold disk. */
const SLOW_ONE_IN = 400;
const DEADLOCK_ONE_IN = 600;
const STATEMENT_TIMEOUT_MS = 2_000;

/** PostgreSQL's codes for what can go wrong here. */
const DEADLOCK_DETECTED = '40P01';
const QUERY_CANCELED = '57014';

/** A PostgreSQL database that is not there: its spans and its waiting are those of a real client. */
export class Database {
  readonly #name: string;
  readonly #random: Random;
  readonly #telemetry: Telemetry;
  readonly #tracer: Tracer;
  readonly #duration: Histogram;

  constructor(name: string, telemetry: Telemetry, random: Random) {
    this.#name = name;
    this.#random = random;
    this.#telemetry = telemetry;
    this.#tracer = telemetry.scopedTracer('shop.postgres');
    this.#duration = telemetry.scopedMeter('shop.postgres').createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations',
      unit: 's',
    });
  }

  /** Runs a query; one that meets a deadlock is tried again once, as a driver with retries does. */
  async run(query: Query): Promise<void> {
    try {
      await this.#attempt(query);
    } catch (error) {
      if (!(error instanceof DatabaseError && error.sqlState === DEADLOCK_DETECTED)) throw error;
      this.#telemetry.log.warn(`${query.operation} ${query.table}: ${error.message}, trying again`, {
        'db.response.status_code': error.sqlState,
        'db.retry': 1,
      });
      await sleep(this.#random.latencyMs(20));
      await this.#attempt(query);
    }
  }

  #attempt(query: Query): Promise<void> {
    const { operation, table, text } = query;
    const summary = operation === 'COMMIT' ? operation : `${operation} ${table}`;
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': this.#name,
      'db.operation.name': operation,
      'db.query.summary': summary,
      'db.query.text': text,
      'server.address': `postgres.${this.#name}.shop`,
      'server.port': 5432,
      ...(operation === 'COMMIT' ? {} : { 'db.collection.name': table }),
    };
    return inSpan(this.#tracer, summary, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const startMs = performance.now();
      await this.#execute(query, span);
      const { 'db.query.text': _text, 'db.query.summary': _summary, ...dimensions } = attributes;
      this.#duration.record((performance.now() - startMs) / 1000, dimensions);
    });
  }

  async #execute(query: Query, span: Span): Promise<void> {
    await sleep(this.#random.latencyMs(query.medianMs));
    if (query.timesOutOneIn !== undefined && this.#random.chance(1 / query.timesOutOneIn)) {
      await sleep(STATEMENT_TIMEOUT_MS);
      throw new DatabaseError(QUERY_CANCELED, 'canceling statement due to statement timeout');
    }
    if (this.#random.chance(1 / SLOW_ONE_IN)) {
      const waitMs = this.#random.integer(900, 2_600);
      span.addEvent('lock.wait', { 'db.lock.mode': 'RowExclusiveLock', 'db.lock.wait_ms': waitMs });
      await sleep(waitMs);
      this.#telemetry.log.warn(`slow query: ${query.operation} ${query.table} waited ${waitMs} ms for a lock`, {
        'db.query.text': query.text,
        'db.lock.wait_ms': waitMs,
      });
    }
    const writes = query.operation === 'UPDATE' || query.operation === 'INSERT';
    if (writes && this.#random.chance(1 / DEADLOCK_ONE_IN)) {
      throw new DatabaseError(DEADLOCK_DETECTED, 'deadlock detected');
    }
    span.setAttribute('db.response.returned_rows', query.rows ?? 1);
  }
}
