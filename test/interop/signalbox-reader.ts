/** Reads back what arrived: through Signalbox's own APIs, and straight from the store as a second proof. */
export class SignalboxReader {
  readonly #consoleUrl: string;
  readonly #engineUrl: string;

  readonly #headers: Readonly<Record<string, string>>;

  constructor(consoleUrl: string, engineUrl: string, login: { readonly username: string; readonly password: string }) {
    this.#headers = { 'X-ClickHouse-User': login.username, 'X-ClickHouse-Key': login.password };
    this.#consoleUrl = consoleUrl;
    this.#engineUrl = engineUrl;
  }

  /** A trace through Jaeger's query API; without spans when it is not known. */
  async trace(traceId: string): Promise<Trace> {
    const response = await fetch(`${this.#consoleUrl}/jaeger/api/traces/${traceId}`);
    if (response.status === 404) return new Trace([]);
    const { data } = (await readJson(response)) as { data: JaegerTrace[] };
    return new Trace(data.flatMap(toSpans));
  }

  /** The names of all services, through Jaeger's query API. */
  async services(): Promise<string[]> {
    const { data } = (await readJson(await fetch(`${this.#consoleUrl}/jaeger/api/services`))) as { data: string[] };
    return data;
  }

  /** The log records of a trace, through the console API. */
  async logsOf(traceId: string): Promise<StoredLog[]> {
    const path = `/api/console/traces/${traceId}/logs`;
    const { logs } = (await readJson(await fetch(this.#consoleUrl + path))) as { logs: StoredLog[] };
    return logs;
  }

  /** All metrics of the last ten minutes, through the console API. */
  async metrics(): Promise<StoredMetric[]> {
    const now = Date.now();
    const path = `/api/console/metrics?from=${now - 600_000}&to=${now + 60_000}`;
    const { metrics } = (await readJson(await fetch(this.#consoleUrl + path))) as { metrics: StoredMetric[] };
    return metrics;
  }

  /** Rows of a query to the embedded store. `sql` has no FORMAT clause. */
  async sql(sql: string): Promise<Record<string, unknown>[]> {
    const response = await fetch(this.#engineUrl, {
      method: 'POST',
      body: `${sql}\nFORMAT JSON`,
      headers: this.#headers,
    });
    const { data } = (await readJson(response)) as { data: Record<string, unknown>[] };
    return data;
  }
}

export interface StoredLog {
  readonly service: string;
  readonly severityNumber: number;
  readonly body: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface StoredMetric {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly services: readonly string[];
}

export interface StoredSpan {
  readonly id: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly service: string;
  readonly name: string;
  readonly tags: ReadonlyMap<string, unknown>;
  /** Jaeger's "logs": OTLP's events. */
  readonly events: readonly ReadonlyMap<string, unknown>[];
  readonly resource: ReadonlyMap<string, unknown>;
}

export class Trace {
  readonly spans: readonly StoredSpan[];
  readonly #byId: ReadonlyMap<string, StoredSpan>;

  constructor(spans: readonly StoredSpan[]) {
    this.spans = spans;
    this.#byId = new Map(spans.map((span) => [span.id, span]));
  }

  get roots(): StoredSpan[] {
    return this.spans.filter((span) => span.parentId === '');
  }

  /** Spans whose parent did not arrive. */
  get orphans(): StoredSpan[] {
    return this.spans.filter((span) => span.parentId !== '' && !this.#byId.has(span.parentId));
  }

  has(spanId: string): boolean {
    return this.#byId.has(spanId);
  }

  /** All spans of a service with that name and, where given, that kind (`server`, `client`, …). */
  find(service: string, name: string, kind?: string): StoredSpan[] {
    return this.spans.filter(
      (span) =>
        span.service === service && span.name === name && (kind === undefined || span.tags.get('span.kind') === kind),
    );
  }

  /** `service name` of a span and everything above it, from the root down. */
  pathTo(span: StoredSpan): string[] {
    const path: string[] = [];
    for (let at: StoredSpan | undefined = span; at !== undefined; at = this.#byId.get(at.parentId)) {
      path.unshift(`${at.service} ${at.name}`);
      if (path.length > this.spans.length) throw new Error('the parents of a span go round in a circle');
    }
    return path;
  }
}

interface JaegerTag {
  readonly key: string;
  readonly value: unknown;
}

interface JaegerTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
    readonly traceID: string;
    readonly tags: readonly JaegerTag[];
    readonly logs: readonly { readonly fields: readonly JaegerTag[] }[];
    readonly processID: string;
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly JaegerTag[] }>>;
}

function toSpans({ spans, processes }: JaegerTrace): StoredSpan[] {
  return spans.map((span) => {
    const process = processes[span.processID];
    const parent = span.references.find(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === span.traceID);
    return {
      id: span.spanID,
      parentId: parent?.spanID ?? '',
      service: process?.serviceName ?? '',
      name: span.operationName,
      tags: toMap(span.tags),
      events: span.logs.map((log) => toMap(log.fields)),
      resource: toMap(process?.tags ?? []),
    };
  });
}

function toMap(tags: readonly JaegerTag[]): Map<string, unknown> {
  return new Map(tags.map(({ key, value }) => [key, value]));
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
