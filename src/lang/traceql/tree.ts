/** What a TraceQL query is made of, as of Tempo 3. Offsets count UTF-16 units from the start of the text. */
import { lineAndColumn } from '../token-row.ts';

export interface TraceqlPlace {
  readonly start: number;
  readonly end: number;
}

export const SPAN_KIND_WORDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export const STATUS_WORDS = ['unset', 'ok', 'error'] as const;

/** A value that is written in a query, or that a field has. Durations are whole nanoseconds. */
export type TraceqlValue =
  | { readonly type: 'string'; readonly value: string }
  /** A bigint beyond 2^53. */
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'duration'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'status'; readonly value: (typeof STATUS_WORDS)[number] }
  | { readonly type: 'kind'; readonly value: (typeof SPAN_KIND_WORDS)[number] }
  | { readonly type: 'nil' };
export type TraceqlType = TraceqlValue['type'];

export type AttributeScope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation';

/** Of every intrinsic the name that an answer has for it, and the type of its values. */
export const INTRINSICS = {
  duration: 'duration',
  name: 'string',
  status: 'status',
  statusMessage: 'string',
  kind: 'kind',
  childCount: 'int',
  parent: 'string',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
  nestedSetParent: 'int',
  'span:id': 'string',
  'span:parentID': 'string',
  traceDuration: 'duration',
  rootName: 'string',
  rootServiceName: 'string',
  'trace:id': 'string',
  'event:name': 'string',
  'event:timeSinceStart': 'duration',
  'link:spanID': 'string',
  'link:traceID': 'string',
  'instrumentation:name': 'string',
  'instrumentation:version': 'string',
} as const;
export type IntrinsicName = keyof typeof INTRINSICS;

/** Further spellings of intrinsics. */
export const INTRINSIC_ALIASES: Readonly<Record<string, IntrinsicName>> = {
  'span:duration': 'duration',
  'span:name': 'name',
  'span:status': 'status',
  'span:statusMessage': 'statusMessage',
  'span:kind': 'kind',
  'span:childCount': 'childCount',
  'trace:duration': 'traceDuration',
  'trace:rootName': 'rootName',
  'trace:rootService': 'rootServiceName',
};

export interface IntrinsicField extends TraceqlPlace {
  readonly kind: 'intrinsic';
  readonly name: IntrinsicName;
}

/** `span.http.route`, `.foo` (no scope: of the span or else of its resource), `parent.span.foo`. */
export interface AttributeField extends TraceqlPlace {
  readonly kind: 'attribute';
  readonly scope: AttributeScope | undefined;
  readonly key: string;
  /** Of the span's parent. */
  readonly isParent: boolean;
}

export type TraceqlField = IntrinsicField | AttributeField;

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';
export type LogicOperator = '&&' | '||';

export interface StaticExpr extends TraceqlPlace {
  readonly kind: 'static';
  readonly value: TraceqlValue;
}

export interface UnaryExpr extends TraceqlPlace {
  readonly kind: 'unary';
  readonly operator: '-' | '!';
  readonly operand: FieldExpr;
}

export interface BinaryExpr extends TraceqlPlace {
  readonly kind: 'binary';
  readonly operator: CompareOperator | ArithmeticOperator | LogicOperator;
  readonly left: FieldExpr;
  readonly right: FieldExpr;
}

/** What is asked of one span. */
export type FieldExpr = StaticExpr | TraceqlField | UnaryExpr | BinaryExpr;

/** The plain relation, that no span of the left side has it, or both sides of it. */
export type StructuralOperator = `${'' | '!' | '&'}${'>' | '<' | '>>' | '<<' | '~'}`;
export type SpansetOperator = LogicOperator | StructuralOperator;

/** `{ … }`. */
export interface SpansetFilter extends TraceqlPlace {
  readonly kind: 'filter';
  /** Undefined: all spans. */
  readonly condition: FieldExpr | undefined;
}

export interface SpansetBinary extends TraceqlPlace {
  readonly kind: 'spansets';
  readonly operator: SpansetOperator;
  readonly left: SpansetExpr;
  readonly right: SpansetExpr;
}

/** `( { … } | count() > 2 )`. */
export interface WrappedPipeline extends TraceqlPlace {
  readonly kind: 'wrapped';
  readonly stages: readonly Stage[];
}

export type SpansetExpr = SpansetFilter | SpansetBinary | WrappedPipeline;

export const AGGREGATES = ['count', 'min', 'max', 'avg', 'sum'] as const;

export interface Aggregate extends TraceqlPlace {
  readonly kind: 'aggregate';
  readonly operator: (typeof AGGREGATES)[number];
  /** Undefined: of count. */
  readonly of: FieldExpr | undefined;
}

/** `( { … } | avg(duration) )`: the value of a pipeline. */
export interface ScalarPipeline extends TraceqlPlace {
  readonly kind: 'scalar-pipeline';
  readonly stages: readonly Stage[];
  readonly value: ScalarExpr;
}

export interface ScalarBinary extends TraceqlPlace {
  readonly kind: 'scalars';
  readonly operator: ArithmeticOperator;
  readonly left: ScalarExpr;
  readonly right: ScalarExpr;
}

/** What is asked of a set of spans. */
export type ScalarExpr = Aggregate | StaticExpr | ScalarBinary | ScalarPipeline;

/** `avg(duration) > 1s`. */
export interface ScalarFilter extends TraceqlPlace {
  readonly kind: 'scalar-filter';
  readonly operator: CompareOperator;
  readonly left: ScalarExpr;
  readonly right: ScalarExpr;
}

export interface GroupStage extends TraceqlPlace {
  readonly kind: 'by';
  readonly fields: readonly FieldExpr[];
}

export interface SelectStage extends TraceqlPlace {
  readonly kind: 'select';
  readonly fields: readonly TraceqlField[];
}

export interface CoalesceStage extends TraceqlPlace {
  readonly kind: 'coalesce';
}

export type Stage = SpansetExpr | ScalarFilter | GroupStage | SelectStage | CoalesceStage;

export const METRIC_FUNCTIONS = [
  'rate',
  'count_over_time',
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'quantile_over_time',
  'histogram_over_time',
] as const;
export type MetricFunction = (typeof METRIC_FUNCTIONS)[number];

export interface MetricStage extends TraceqlPlace {
  readonly kind: 'metric';
  readonly operator: MetricFunction;
  /** What is measured; undefined where spans are counted. */
  readonly of: TraceqlField | undefined;
  /** Of quantile_over_time, from 0 to 1. */
  readonly quantiles: readonly number[];
  readonly by: readonly TraceqlField[];
}

export interface CompareStage extends TraceqlPlace {
  readonly kind: 'compare';
  readonly selection: SpansetFilter;
  /** Values of an attribute that are told. */
  readonly topN: number;
  /** `[start, end)` of the selection, ns since the epoch. */
  readonly window: { readonly startNs: bigint; readonly endNs: bigint } | undefined;
}

/** What is done to series. */
export type SeriesStage =
  | (TraceqlPlace & { readonly kind: 'topk' | 'bottomk'; readonly limit: number })
  | (TraceqlPlace & {
      readonly kind: 'threshold';
      readonly operator: Exclude<CompareOperator, '=~' | '!~'>;
      readonly value: TraceqlValue;
    });

/** `{ … } | rate() by (…) | topk(5)`. */
export interface MetricPipeline extends TraceqlPlace {
  readonly kind: 'metrics';
  /** Which spans. Empty: all. */
  readonly stages: readonly Stage[];
  readonly metric: MetricStage | CompareStage;
  readonly after: readonly SeriesStage[];
}

/** `({ … } | rate()) / ({ … } | rate())`. */
export interface MetricMath extends TraceqlPlace {
  readonly kind: 'math';
  readonly operator: ArithmeticOperator;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
  readonly after: readonly SeriesStage[];
}

export type MetricExpr = MetricPipeline | MetricMath | StaticExpr;

export interface SearchPipeline extends TraceqlPlace {
  readonly kind: 'search';
  readonly stages: readonly Stage[];
}

export interface Hint extends TraceqlPlace {
  readonly name: string;
  readonly value: TraceqlValue;
}

export interface TraceqlQuery {
  readonly root: SearchPipeline | MetricPipeline | MetricMath;
  /** `with (most_recent=true)`. */
  readonly hints: readonly Hint[];
}

/** A mistake in a query, and where it is. */
export class TraceqlError extends Error {
  override name = 'TraceqlError';
  readonly place: TraceqlPlace;
  /** What is wrong, without the place. */
  readonly reason: string;
  /** `text`: the query's; undefined where Tempo names no place, since the grammar let it pass. */
  constructor(reason: string, place: TraceqlPlace, text: string | undefined) {
    super(text === undefined ? reason : `parse error at ${lineAndColumn(text, place.start)}: ${reason}`);
    this.reason = reason;
    this.place = { start: place.start, end: place.end };
  }
}
