/** One span as frames: its figures, what is known of it, its events and its links. */
import type { Attributes, AttributeValue, SpanResponse } from '#api/types.ts';
import { formatExactTime } from '../format.ts';
import { type Frame, frameOfRows } from '../frame.ts';
import type { TraceModel } from '../trace-model.ts';
import { attributesFrame, detailsFrame } from './details.ts';

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
    ['kind', kind],
    ['parent id', parentSpanId || 'none: a root'],
    ['scope', `${scope.name} ${scope.version}`.trim()],
    ['span id', spanId],
    ['start', formatExactTime(startNs)],
    ['status', status],
    ['trace id', traceId],
    ...(traceState ? [['trace state', traceState] as const] : []),
  ];
}

const STACK = 'exception.stacktrace';

function eventsFrame({ events }: SpanResponse, traceStartNs: bigint): Frame {
  return frameOfRows('events', events, {
    name: { text: ({ name }) => name },
    time: { number: ({ timeNs }) => Number(BigInt(timeNs) - traceStartNs), unit: 'ns' },
    attributes: { value: ({ attributes }) => withoutStack(attributes) },
    stack: { text: ({ attributes }) => stackOf(attributes) ?? '' },
  });
}

function stackOf(attributes: Attributes): string | undefined {
  const stack = attributes[STACK];
  return typeof stack === 'string' ? stack : undefined;
}

function withoutStack(attributes: Attributes): Attributes {
  if (stackOf(attributes) === undefined) return attributes;
  const { [STACK]: _stack, ...others } = attributes;
  return others;
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
