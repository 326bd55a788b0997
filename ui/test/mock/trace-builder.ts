/** Builds one made-up trace along a running clock. */
import type { Attributes } from '#api/types.ts';
import { KIND, type MockLog, type MockSpan, type MockTrace } from './model.ts';
import type { Random } from './random.ts';

export const MS = 1e6;

export interface SpanInput {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: Attributes;
  readonly hint?: string;
}

/** Builds one trace: spans are opened and closed along one running clock. */
export class TraceBuilder {
  readonly spans: MockSpan[] = [];
  readonly logs: MockLog[] = [];
  readonly random: Random;
  readonly traceId: string;
  readonly startMs: number;
  nowNs = 0;
  private readonly open: MockSpan[] = [];

  constructor(random: Random, startMs: number) {
    this.random = random;
    this.traceId = random.hex(32);
    this.startMs = startMs;
  }

  get current(): MockSpan | undefined {
    return this.open.at(-1);
  }

  /** Own work of the current span. */
  work(medianMs: number, spread?: number): void {
    this.nowNs += Math.round(this.random.latency(medianMs, spread) * MS);
  }

  span(input: SpanInput, body: () => void): MockSpan {
    const span: MockSpan = {
      spanId: this.random.hex(16),
      parentId: this.current?.spanId ?? '',
      service: input.service,
      name: input.name,
      kind: input.kind,
      status: 0,
      statusMessage: '',
      startNs: this.nowNs,
      durationNs: 0,
      attributes: input.attributes ?? {},
      events: [],
      links: [],
      hint: input.hint ?? '',
      scope:
        input.kind === KIND.internal
          ? `${input.service}`
          : `@opentelemetry/instrumentation-${input.attributes?.['db.system.name'] ?? 'http'}`,
    };
    this.spans.push(span);
    this.open.push(span);
    body();
    this.open.pop();
    span.durationNs = this.nowNs - span.startNs;
    return span;
  }

  /** Runs the bodies from the same moment; time goes on when the last is done. */
  parallel(...bodies: (() => void)[]): void {
    const fromNs = this.nowNs;
    let latestNs = fromNs;
    for (const body of bodies) {
      this.nowNs = fromNs;
      body();
      latestNs = Math.max(latestNs, this.nowNs);
    }
    this.nowNs = latestNs;
  }

  log(severityNumber: number, body: string, attributes: Attributes = {}): void {
    const span = this.current;
    if (!span) return;
    const timeMs = this.startMs + this.nowNs / MS;
    this.logs.push({
      id: `${Math.round(timeMs * 1000)}-${this.random.hex(6)}`,
      timeMs,
      service: span.service,
      severityNumber,
      body,
      traceId: this.traceId,
      spanId: span.spanId,
      attributes,
    });
  }

  fail(type: string, message: string, stack: string): void {
    const span = this.current!;
    span.status = 2;
    span.statusMessage = message;
    span.events.push({
      offsetNs: this.nowNs,
      name: 'exception',
      attributes: {
        'exception.type': type,
        'exception.message': message,
        'exception.stacktrace': stack,
        'exception.escaped': false,
      },
    });
  }

  failAncestors(statusCode: number): void {
    for (const span of this.open) {
      span.status = 2;
      if ('http.response.status_code' in span.attributes) span.attributes['http.response.status_code'] = statusCode;
    }
  }

  build(environment: string): MockTrace {
    const durationNs = Math.max(...this.spans.map((span) => span.startNs + span.durationNs));
    const spans = this.spans.toSorted((a, b) => a.startNs - b.startNs);
    return { traceId: this.traceId, startMs: this.startMs, durationNs, spans, logs: this.logs, environment };
  }
}
