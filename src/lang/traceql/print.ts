import { goQuoted } from '#base';
import type {
  FieldExpr,
  Hint,
  MetricExpr,
  ScalarExpr,
  SeriesStage,
  Stage,
  TraceqlField,
  TraceqlQuery,
  TraceqlValue,
} from './tree.ts';

/** A query in one spelling, on one line. Reads back as the same query. */
export function printTraceql({ root, hints }: TraceqlQuery): string {
  const text = root.kind === 'search' ? printStages(root.stages) : printMetric(root);
  return hints.length === 0 ? text : `${text} with (${hints.map(printHint).join(', ')})`;
}

function printHint({ name, value }: Hint): string {
  return `${name}=${printStatic(value)}`;
}

function printStages(stages: readonly Stage[]): string {
  return stages.map(printStage).join(' | ');
}

function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'filter':
      return stage.condition === undefined ? '{ }' : `{ ${printTraceqlExpr(stage.condition)} }`;
    case 'spansets':
      return `(${printStage(stage.left)} ${stage.operator} ${printStage(stage.right)})`;
    case 'wrapped':
      return `(${printStages(stage.stages)})`;
    case 'scalar-filter':
      return `${printScalar(stage.left)} ${stage.operator} ${printScalar(stage.right)}`;
    case 'by':
    case 'select':
      return `${stage.kind}(${stage.fields.map(printTraceqlExpr).join(', ')})`;
    case 'coalesce':
      return 'coalesce()';
  }
}

/** Of a set of spans: `avg(duration)`, `count() + 1`. */
export function printScalar(expr: ScalarExpr): string {
  switch (expr.kind) {
    case 'aggregate':
      return `${expr.operator}(${expr.of === undefined ? '' : printTraceqlExpr(expr.of)})`;
    case 'static':
      return printStatic(expr.value);
    case 'scalars':
      return `(${printScalar(expr.left)} ${expr.operator} ${printScalar(expr.right)})`;
    case 'scalar-pipeline':
      return `(${[...expr.stages.map(printStage), printScalar(expr.value)].join(' | ')})`;
  }
}

/** Of a span: `span.a + 1`, `name =~ "a.*"`. */
export function printTraceqlExpr(expr: FieldExpr): string {
  switch (expr.kind) {
    case 'static':
      return printStatic(expr.value);
    case 'unary':
      return expr.operand.kind === 'binary'
        ? `${expr.operator}${printTraceqlExpr(expr.operand)}`
        : `${expr.operator}(${printTraceqlExpr(expr.operand)})`;
    case 'binary':
      return `(${printTraceqlExpr(expr.left)} ${expr.operator} ${printTraceqlExpr(expr.right)})`;
    default:
      return printTraceqlField(expr);
  }
}

/** `resource.service.name`, `name`: also what labels and groups of an answer are called. */
export function printTraceqlField(field: TraceqlField): string {
  if (field.kind === 'intrinsic') return field.name;
  const isPlain = /^[^\s{}()=~!<>&|^,"\\]+$/.test(field.key);
  const key = isPlain ? field.key : `"${field.key.replace(/[\\"]/g, '\\$&')}"`;
  const scope = field.scope === undefined ? '.' : `${field.scope}.`;
  return `${field.isParent ? `parent${field.scope === undefined ? '' : '.'}` : ''}${scope}${key}`;
}

/** As it is written in a query. */
export function printStatic(value: TraceqlValue): string {
  switch (value.type) {
    case 'string':
      return goQuoted(value.value);
    case 'float':
      return printFloat(value.value);
    case 'duration':
      return printGoDuration(value.value);
    case 'nil':
      return 'nil';
    default:
      return String(value.value);
  }
}

function printFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

const UNITS = [
  ['h', 3_600_000_000_000],
  ['m', 60_000_000_000],
] as const;

/** Nanoseconds as Go writes them: `1h2m3.5s`, `1.5ms`, `12ns`. */
export function printGoDuration(ns: number): string {
  if (ns === 0) return '0s';
  if (ns < 0) return `-${printGoDuration(-ns)}`;
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  let rest = ns;
  let text = '';
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0 || text !== '') text += `${count}${unit}`;
    rest -= count * length;
  }
  return `${text}${rest / 1e9}s`;
}

function printMetric(expr: MetricExpr): string {
  if (expr.kind === 'static') return printStatic(expr.value);
  const after = expr.after.map(printSeriesStage).join('');
  if (expr.kind === 'math') return `(${printOperand(expr.left)} ${expr.operator} ${printOperand(expr.right)})${after}`;
  const { stages, metric } = expr;
  return [...stages.map(printStage), printMetricStage(metric)].join(' | ') + after;
}

function printOperand(expr: MetricExpr): string {
  return expr.kind === 'metrics' ? `(${printMetric(expr)})` : printMetric(expr);
}

function printMetricStage(metric: Extract<MetricExpr, { kind: 'metrics' }>['metric']): string {
  if (metric.kind === 'compare') {
    const { selection, topN, window } = metric;
    const times = window === undefined ? '' : `, ${window.startNs}, ${window.endNs}`;
    return `compare(${printStage(selection)}, ${topN}${times})`;
  }
  const { operator, of, quantiles, by } = metric;
  const inner = [...(of === undefined ? [] : [printTraceqlField(of)]), ...quantiles.map(String)].join(', ');
  return `${operator}(${inner})${by.length === 0 ? '' : ` by (${by.map(printTraceqlField).join(', ')})`}`;
}

function printSeriesStage(stage: SeriesStage): string {
  return stage.kind === 'threshold'
    ? ` ${stage.operator} ${printStatic(stage.value)}`
    : ` | ${stage.kind}(${stage.limit})`;
}
