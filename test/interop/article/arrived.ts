import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { JaegerStandIn } from './stand-ins.ts';

interface Resourceful {
  readonly resource?: { readonly attributes?: readonly ReferenceObject[] };
  readonly scopeSpans?: readonly { readonly spans?: readonly ReferenceObject[] }[];
}

/** The ids of the traces that Jaeger has. */
export function tracesIn({ requests }: JaegerStandIn): ReadonlySet<string> {
  return new Set(
    requests
      .flatMap(resourcesOf)
      .flatMap(({ scopeSpans = [] }) =>
        scopeSpans.flatMap(({ spans = [] }) => spans.map(({ traceId }) => hexOf(traceId))),
      ),
  );
}

/** The attributes of the resources in some requests, one object for each. */
export function resourceAttributesIn(requests: readonly ReferenceObject[]): Record<string, unknown>[] {
  return requests
    .flatMap(resourcesOf)
    .map(({ resource }) =>
      Object.fromEntries(
        (resource?.attributes ?? []).map(({ key, value }) => [key, Object.values(value as object)[0]]),
      ),
    );
}

function resourcesOf(request: ReferenceObject): readonly Resourceful[] {
  return (request.resourceSpans ?? request.resourceLogs ?? request.resourceMetrics ?? []) as readonly Resourceful[];
}

function hexOf(id: unknown): string {
  return typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) ? id : Buffer.from(id as string, 'base64').toString('hex');
}
