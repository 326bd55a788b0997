/** What of a trace a query looks at. */
import type { FieldExpr, MetricPipeline, ScalarExpr, SpansetFilter, Stage, TraceqlField } from '#lang/traceql';

/** Columns and parts that have to be read. */
export interface Needs {
  /** Keys of attributes of spans, without the other names of each. */
  readonly spanKeys: ReadonlySet<string>;
  readonly eventKeys: ReadonlySet<string>;
  readonly linkKeys: ReadonlySet<string>;
  readonly hasEvents: boolean;
  readonly hasLinks: boolean;
  readonly hasResources: boolean;
  readonly hasScopes: boolean;
  readonly hasMessages: boolean;
  /** All attributes of spans and resources. */
  readonly hasAll: boolean;
}

/** All fields that stages name, each once, in the order in which they stand. */
export function fieldsOf(stages: readonly Stage[]): readonly TraceqlField[] {
  const found = new Map<string, TraceqlField>();
  const add = (field: TraceqlField): void => {
    const key = fieldKey(field);
    if (!found.has(key)) found.set(key, field);
  };
  for (const stage of stages) ofStage(stage, add);
  return [...found.values()];
}

/** Tells fields apart. */
function fieldKey(field: TraceqlField): string {
  return field.kind === 'intrinsic' ? field.name : `${field.isParent} ${field.scope} ${field.key}`;
}

export function fieldsOfPipeline({ stages, metric }: MetricPipeline): readonly TraceqlField[] {
  const own: Stage[] =
    metric.kind === 'compare'
      ? [metric.selection]
      : [{ kind: 'select', fields: [...(metric.of === undefined ? [] : [metric.of]), ...metric.by], start: 0, end: 0 }];
  return fieldsOf([...stages, ...own]);
}

type Add = (field: TraceqlField) => void;

function ofStage(stage: Stage | SpansetFilter, add: Add): void {
  switch (stage.kind) {
    case 'filter':
      if (stage.condition !== undefined) ofExpr(stage.condition, add);
      return;
    case 'spansets':
      ofStage(stage.left, add);
      ofStage(stage.right, add);
      return;
    case 'wrapped':
      for (const inner of stage.stages) ofStage(inner, add);
      return;
    case 'scalar-filter':
      ofScalar(stage.left, add);
      ofScalar(stage.right, add);
      return;
    case 'by':
    case 'select':
      for (const field of stage.fields) ofExpr(field, add);
      return;
    case 'coalesce':
      return;
  }
}

function ofScalar(expr: ScalarExpr, add: Add): void {
  if (expr.kind === 'aggregate' && expr.of !== undefined) ofExpr(expr.of, add);
  if (expr.kind === 'scalar-pipeline') {
    for (const stage of expr.stages) ofStage(stage, add);
    ofScalar(expr.value, add);
  }
  if (expr.kind === 'scalars') {
    ofScalar(expr.left, add);
    ofScalar(expr.right, add);
  }
}

function ofExpr(expr: FieldExpr, add: Add): void {
  if (expr.kind === 'attribute' || expr.kind === 'intrinsic') add(expr);
  if (expr.kind === 'unary') ofExpr(expr.operand, add);
  if (expr.kind === 'binary') {
    ofExpr(expr.left, add);
    ofExpr(expr.right, add);
  }
}

export function needsOf(fields: readonly TraceqlField[], hasAll = false): Needs {
  const keysOf = (has: (scope: string | undefined) => boolean): ReadonlySet<string> =>
    new Set(fields.flatMap((field) => (field.kind === 'attribute' && has(field.scope) ? [field.key] : [])));
  const names = new Set(fields.map((field) => (field.kind === 'intrinsic' ? field.name : `${field.scope}.`)));
  const spanKeys = keysOf((scope) => scope === undefined || scope === 'span');
  const resourceKeys = keysOf((scope) => scope === undefined || scope === 'resource');
  const eventKeys = keysOf((scope) => scope === 'event');
  const linkKeys = keysOf((scope) => scope === 'link');
  return {
    spanKeys,
    eventKeys,
    linkKeys,
    hasEvents: eventKeys.size > 0 || names.has('event:name') || names.has('event:timeSinceStart'),
    hasLinks: linkKeys.size > 0 || names.has('link:traceID') || names.has('link:spanID'),
    hasResources: hasAll || [...resourceKeys].some((key) => key !== 'service.name'),
    hasScopes:
      names.has('instrumentation.') || names.has('instrumentation:name') || names.has('instrumentation:version'),
    hasMessages: hasAll || names.has('statusMessage'),
    hasAll,
  };
}
