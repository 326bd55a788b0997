import { ConfigError } from '#base';
import { type Connector, type Consumer, type CreateSettings, fanOut, joinErrors } from '#component';
import { failureLog } from '#ottl';
import type { Batch, BatchContext, Chunk, Signal } from '#pdata';
import type { RouteConfig, RoutingConfig } from './config.ts';
import { parseRequestCondition, type RequestCondition } from './request-condition.ts';
import { type RowsOf, requestRows, ruleRows, SIGNAL_CONTEXTS, without } from './route.ts';
import { compileRule } from './rule.ts';

interface Route {
  readonly rowsOf: RowsOf;
  readonly isCopy: boolean;
  readonly target: Target;
}

/** Some pipelines, which get one batch of what goes to them. */
interface Target {
  readonly consumer: Consumer;
  readonly pipelines: number;
}

/** Sends data to pipelines by what it says (otelcol-contrib connector/routingconnector). */
export class RoutingConnector implements Connector {
  readonly mutatesData: boolean;
  readonly #settings: CreateSettings;
  readonly #signal: Signal;
  readonly #routes: readonly Route[];
  readonly #fallback: Target | undefined;
  /** By their pipelines: routes to the same single one share it. */
  readonly #targets = new Map<string, Target>();

  constructor(settings: CreateSettings, config: RoutingConfig, signal: Signal, next: ReadonlyMap<string, Consumer>) {
    this.#settings = settings;
    this.#signal = signal;
    const onFailure = failureLog(settings.logger, settings.clock);
    if (config.matchOnce !== undefined) {
      settings.logger.warn('match_once is outdated, and changes nothing any more: take it out');
    }
    const known = new Set<string>();
    let edits = false;
    this.#fallback = this.#targetOf(config.defaultPipelines, ['default_pipelines'], next);
    this.#routes = config.table.flatMap((route, index): Route[] => {
      const target = this.#targetOf(route.pipelines, ['table', index, 'pipelines'], next);
      if (target === undefined) return [];
      const { isCopy } = route;
      if (route.context === 'request') {
        if (this.#isKnown(known, `[request] ${route.condition}`, route)) return [];
        this.#warnOfRequest(route);
        return [{ rowsOf: requestRows(parseRequestCondition(route.condition) as RequestCondition), isCopy, target }];
      }
      const rule = compileRule(route, [], [], () => settings.clock.nowMs())!;
      if (this.#isKnown(known, `[${rule.context}] ${rule.text}`, route)) return [];
      if (!SIGNAL_CONTEXTS[signal].includes(rule.context)) return [];
      edits ||= rule.statement !== undefined;
      return [{ rowsOf: ruleRows(rule, config.errorMode, onFailure), isCopy, target }];
    });
    const targets = [...this.#targets.values()];
    this.mutatesData = edits || targets.some(({ consumer }) => consumer.mutatesData);
  }

  /** Undefined where none of the pipelines is of this signal: one connector can have routes for several. */
  #targetOf(
    pipelines: readonly string[],
    path: readonly (string | number)[],
    next: ReadonlyMap<string, Consumer>,
  ): Target | undefined {
    const own = pipelines.filter((pipeline) => pipeline.split('/', 1)[0] === this.#signal);
    const consumers = own.map((pipeline) => {
      const consumer = next.get(pipeline);
      if (consumer !== undefined) return consumer;
      const place = ['connectors', this.#settings.id, ...path].join('::');
      throw new ConfigError(
        place,
        `${place}: "${pipeline}" is no pipeline that has ${this.#settings.id} as a receiver`,
      );
    });
    if (consumers.length === 0) return undefined;
    const key = own.join(' ');
    const target = this.#targets.get(key) ?? { consumer: fanOut(consumers), pipelines: consumers.length };
    this.#targets.set(key, target);
    return target;
  }

  #isKnown(known: Set<string>, key: string, route: RouteConfig): boolean {
    if (known.has(key)) {
      const { pipelines } = route;
      this.#settings.logger.warn('a route is there twice, and the second one is ignored', {
        route: route.condition || route.statement,
        pipelines: pipelines.join(', '),
      });
    }
    const isKnown = known.has(key);
    known.add(key);
    return isKnown;
  }

  #warnOfRequest({ condition }: RouteConfig): void {
    this.#settings.logger.warn('the context request is outdated: use otelcol.client.metadata["name"]', { condition });
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const parts = new Map<Target, Chunk[]>();
    let unrouted = 0;
    for (const chunk of batch.chunks) unrouted += this.#route(chunk, batch.context, parts);
    const sent = await Promise.allSettled(
      Array.from(parts, async ([{ consumer }, chunks]) => consumer.consume(batch.with(chunks), abort)),
    );
    this.#report(batch, unrouted, [...parts], sent);
  }

  async shutdown(): Promise<void> {}

  /** Returns how many items go nowhere. */
  #route(chunk: Chunk, sender: BatchContext, parts: Map<Target, Chunk[]>): number {
    const give = (target: Target, part: Chunk): void => {
      const chunks = parts.get(target);
      if (chunks === undefined) parts.set(target, [part]);
      else chunks.push(part);
    };
    let left = chunk;
    let isCopied: Uint8Array | undefined;
    for (const { rowsOf, isCopy, target } of this.#routes) {
      if (left.count === 0) return 0;
      const rows = rowsOf(left, sender);
      if (rows.length === 0) continue;
      const part = rows.length === left.count ? left : left.select(rows);
      if (!isCopy) {
        give(target, part);
        left = left.select(without(left, rows));
        continue;
      }
      give(target, this.mutatesData ? part.clone() : part);
      isCopied ??= new Uint8Array(chunk.rowCount);
      for (const row of rows) isCopied[row] = 1;
    }
    if (left.count > 0 && this.#fallback !== undefined) {
      give(this.#fallback, left);
      return 0;
    }
    let unrouted = 0;
    for (let i = 0; i < left.count; i++) if (isCopied?.[left.rowAt(i)] !== 1) unrouted++;
    return unrouted;
  }

  /** Throws where a pipeline refused. */
  #report(
    batch: Batch,
    unrouted: number,
    parts: readonly (readonly [Target, readonly Chunk[]])[],
    sent: readonly PromiseSettledResult<void>[],
  ): void {
    const { account } = this.#settings;
    const count = (index: number): number => {
      const [{ pipelines }, chunks] = parts[index]!;
      return pipelines * chunks.reduce((sum, part) => sum + part.count, 0);
    };
    const failures = sent.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    const went = sent.reduce((sum, { status }, index) => (status === 'fulfilled' ? sum + count(index) : sum), 0);
    if (failures.length > 0) {
      account.added(this.#signal, went, 'sent_again');
      throw joinErrors(failures);
    }
    account.filtered(this.#signal, unrouted, 'no_route');
    account.added(this.#signal, went - (batch.itemCount - unrouted), 'copied');
  }
}
