import {
  countOrphans,
  countServices,
  listOperations,
  listServiceNames,
  type ReadOptions,
  type StoredSpan,
  type StoreReader,
  type TraceSearchResult,
} from '#query';
import type { AdjustedSpan } from './adjust.ts';
import { shownService, storedService } from './parameters.ts';

/** What Jaeger's third API says, whether over HTTP or gRPC. */

const DAY_MS = 86_400_000;
/** What Jaeger shows of a span that says no kind. */
const DEFAULT_KIND = 'internal';

export async function listJaegerServices(reader: StoreReader, options: ReadOptions): Promise<readonly string[]> {
  return (await listServiceNames(reader, options)).map(shownService).sort();
}

export interface JaegerOperation {
  readonly name: string;
  readonly spanKind: string;
}

/** Operations of a service, of one kind where that is said. */
export async function listJaegerOperations(
  reader: StoreReader,
  { service, kind }: { readonly service: string; readonly kind: string | undefined },
  options: ReadOptions,
): Promise<readonly JaegerOperation[]> {
  const range = { fromMs: 0, toMs: Date.now() + DAY_MS };
  const operations = await listOperations(reader, { ...range, service: storedService(service) }, options);
  return operations
    .map(({ name, kind: spanKind }) => ({ name, spanKind: spanKind === 'unspecified' ? DEFAULT_KIND : spanKind }))
    .filter((operation) => kind === undefined || operation.spanKind === kind);
}

export interface JaegerSummary {
  readonly traceId: string;
  /** A trace without its root has no root's name in Jaeger. */
  readonly root: { readonly rootServiceName: string; readonly rootOperationName: string } | undefined;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly spanCount: number;
  readonly errorSpanCount: number;
  readonly orphanSpanCount: number;
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorSpanCount: number }[];
}

export async function summariesOf(
  reader: StoreReader,
  traces: TraceSearchResult['traces'],
  options: ReadOptions,
): Promise<readonly JaegerSummary[]> {
  const ids = traces.map(({ traceId }) => traceId);
  const [orphans, counts] = await Promise.all([
    countOrphans(reader, ids, options),
    countServices(reader, ids, options),
  ]);
  return traces.map((trace) => ({
    traceId: trace.traceId,
    root: trace.rootMissing
      ? undefined
      : { rootServiceName: shownService(trace.rootService), rootOperationName: trace.rootOperation },
    ...{ startNs: trace.startNs, endNs: trace.endNs, spanCount: trace.spanCount },
    errorSpanCount: trace.errorCount,
    orphanSpanCount: orphans.get(trace.traceId) ?? 0,
    services: (counts.get(trace.traceId) ?? [])
      .map(({ name, spanCount, errorCount }) => ({ name: shownService(name), spanCount, errorSpanCount: errorCount }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

/** Warnings travel as an attribute, as in Jaeger; one that concerns all of the answer does with the first span. */
export function withWarnings(spans: readonly AdjustedSpan[], warning: string | undefined): readonly StoredSpan[] {
  return spans.map(({ span, warnings: own }, row) => {
    const warnings = warning !== undefined && row === 0 ? [warning, ...own] : own;
    if (warnings.length === 0) return span;
    const value = warnings.map((each) => ({ type: 'string' as const, value: each }));
    return {
      ...span,
      attributes: [...span.attributes, { key: '@jaeger@warnings', value: { type: 'array' as const, value } }],
    };
  });
}
