/** One span as frames: its figures, what is known of it, its events and its links. */
import type { Attributes, AttributeValue, SpanResponse } from '#api/types.ts';
import { formatExactTime } from '../format.ts';
import { type Frame, frameOfRows } from '../frame.ts';
import type { TraceModel } from '../trace-model.ts';
import { attributesFrame, detailsFrame, stackOf, withoutStack } from './details.ts';

export interface SpanFrames {
  readonly attributes: Frame;
  readonly resource: Frame;
  /** Ids, kind, status and the like. */
  readonly identity: Frame;
  /** `time` is from the beginning of the trace; `stack` is the stack trace of an exception, which is then none of the attributes. */
  readonly events: Frame;
  /** `direction` is `to` a span, or `from` one that links to this. */
  readonly links: Frame;
}

/** One row: how long the span took, how long without its children, and when it began in its trace. */
export function spanFiguresFrame(model: TraceModel, row: number): Frame {
  return frameOfRows('span', [row], {
    duration: { number: (at) => model.endNs[at]! - model.startNs[at]!, unit: 'ns' },
    self: { number: (at) => model.selfNs[at]!, unit: 'ns' },
    start: { number: (at) => model.startNs[at]!, unit: 'ns' },
  });
}

export function spanFrames(span: SpanResponse, traceStartNs: string): SpanFrames {
  return {
    attributes: attributesFrame('attributes', span.attributes),
    resource: attributesFrame('resource', span.resource),
    identity: detailsFrame('span', identityOf(span)),
    events: eventsFrame(span, BigInt(traceStartNs)),
    links: linksFrame(span),
  };
}

function identityOf(span: SpanResponse): readonly (readonly [string, AttributeValue])[] {
  const { spanId, parentSpanId, traceId, kind, status, startNs, traceState, scope } = span;
  return [
    ...keptBy(scope.attributes),
    ['kind', kind],
    ['parent id', parentSpanId || 'none: a root'],
    ['scope', `${scope.name} ${scope.version}`.trim()],
    ...Object.entries(scope.attributes)
      .filter(([key]) => !RECORD.has(key))
      .map(([key, value]) => [`scope ${key}`, value] as const),
    ['span id', spanId],
    ['start', formatExactTime(startNs)],
    ['status', status],
    ['trace id', traceId],
    ...(traceState ? [['trace state', traceState] as const] : []),
  ];
}

/** What tail_sampling writes into scopes where it is asked to. */
const POLICY = 'tailsampling.policy';
const COMPOSITE_POLICY = 'tailsampling.composite_policy';
const CACHED = 'tailsampling.cached_decision';
const RECORD: ReadonlySet<string> = new Set([POLICY, COMPOSITE_POLICY, CACHED]);

/** Why the span was kept. */
function keptBy(attributes: Attributes): readonly (readonly [string, AttributeValue])[] {
  const { [POLICY]: policy, [COMPOSITE_POLICY]: part, [CACHED]: isCached } = attributes;
  const names = [policy, part].filter((name) => typeof name === 'string').join(', ');
  if (names === '' && isCached !== true) return [];
  const late = isCached === true ? 'decided before the span came' : '';
  return [['kept by policy', [names, late].filter((text) => text !== '').join('; ')]];
}

function eventsFrame({ events }: SpanResponse, traceStartNs: bigint): Frame {
  return frameOfRows('events', events, {
    name: { text: ({ name }) => name },
    time: { number: ({ timeNs }) => Number(BigInt(timeNs) - traceStartNs), unit: 'ns' },
    attributes: { value: ({ attributes }) => withoutStack(attributes) },
    stack: { text: ({ attributes }) => stackOf(attributes) ?? '' },
  });
}

function linksFrame({ links, linkedFrom }: SpanResponse): Frame {
  const rows = [
    ...links.map(({ traceId, spanId, attributes }) => ({
      ...{ direction: 'to', traceId, spanId, attributes },
      title: `${traceId.slice(0, 16)}… / ${spanId}`,
    })),
    ...linkedFrom.map(({ traceId, spanId, service, name }) => ({
      ...{ direction: 'from', traceId, spanId, attributes: {} },
      title: `${service}: ${name}`,
    })),
  ];
  return frameOfRows('links', rows, {
    direction: { text: ({ direction }) => direction },
    trace: { text: ({ traceId }) => traceId },
    span: { text: ({ spanId }) => spanId },
    title: { text: ({ title }) => title },
    attributes: { value: ({ attributes }) => attributes },
  });
}
