import { goQuoted } from '#base';
import { printPromDuration } from '../promql/duration.ts';
import type {
  Grouping,
  LabelFilter,
  LineFilter,
  LogExpr,
  LogqlExpr,
  MetricExpr,
  RangeAggregation,
  Stage,
  StreamMatcher,
  Unwrap,
} from './tree.ts';

/** A query in one spelling, on one line. Reads back as the same query. */
export function printLogql(expr: LogqlExpr): string {
  return expr.kind === 'logs' ? printLogs(expr) : printMetric(expr);
}

function printLogs({ matchers, stages }: LogExpr): string {
  return [printSelector(matchers), ...stages.map(printStage)].join(' ');
}

/** `{a="b", c=~"d"}`. */
export function printSelector(matchers: readonly StreamMatcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

function printMatcher({ name, operator, value }: StreamMatcher): string {
  return `${name}${operator}${goQuoted(value)}`;
}

function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line':
      return printLine(stage);
    case 'json':
      return withExtractions('| json', stage.extractions);
    case 'logfmt': {
      const flags = `${stage.isStrict ? ' --strict' : ''}${stage.keepsEmpty ? ' --keep-empty' : ''}`;
      return withExtractions(`| logfmt${flags}`, stage.extractions);
    }
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'pattern':
    case 'regexp':
      return `| ${stage.kind} ${goQuoted(stage.pattern)}`;
    case 'filter':
      return `| ${printConditions(stage.filter)}`;
    case 'line_format':
      return `| line_format ${goQuoted(stage.template)}`;
    case 'label_format':
      return `| label_format ${stage.assignments
        .map(({ label, from }) => `${label}=${'label' in from ? from.label : goQuoted(from.template)}`)
        .join(', ')}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.labels.map((each) => (typeof each === 'string' ? each : printMatcher(each))).join(', ')}`;
  }
}

function printLine({ operator, terms }: LineFilter): string {
  const texts = terms.map(({ value, isIp }) => (isIp ? `ip(${goQuoted(value)})` : goQuoted(value)));
  return `${operator} ${texts.join(' or ')}`;
}

function withExtractions(stage: string, extractions: readonly { label: string; expression: string }[]): string {
  if (extractions.length === 0) return stage;
  return `${stage} ${extractions.map(({ label, expression }) => `${label}=${goQuoted(expression)}`).join(', ')}`;
}

function printConditions(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `( ${printConditions(filter.left)} ${filter.kind} ${printConditions(filter.right)} )`;
    case 'text':
      return printMatcher(filter);
    case 'ip':
      return `${filter.name}${filter.operator}ip(${goQuoted(filter.value)})`;
    case 'compare':
      return `${filter.name}${filter.operator}${filter.written}`;
  }
}

function printMetric(expr: MetricExpr): string {
  switch (expr.kind) {
    case 'literal':
      return printNumber(expr.value);
    case 'vector':
      return `vector(${printNumber(expr.value)})`;
    case 'range':
      return printRange(expr);
    case 'vector-aggregation': {
      const { operator, parameter, grouping } = expr;
      const inner = `${parameter === undefined ? '' : `${printNumber(parameter)},`}${printMetric(expr.expr)}`;
      return `${operator}${printGrouping(grouping)}(${inner})`;
    }
    case 'label_replace': {
      const texts = [expr.destination, expr.replacement, expr.source, expr.pattern].map((each) => goQuoted(each));
      return `label_replace(${printMetric(expr.expr)},${texts.join(',')})`;
    }
    case 'binary':
      return `(${printMetric(expr.left)} ${expr.operator}${printModifiers(expr)} ${printMetric(expr.right)})`;
  }
}

function printModifiers({ isBool, matching }: Extract<MetricExpr, { kind: 'binary' }>): string {
  const bool = isBool ? ' bool' : '';
  if (matching === undefined) return bool;
  const on = ` ${matching.isOn ? 'on' : 'ignoring'} (${matching.labels.join(',')})`;
  const group = matching.group === undefined ? '' : ` group_${matching.group} (${matching.include.join(',')})`;
  return `${bool}${on}${group}`;
}

function printGrouping(grouping: Grouping | undefined): string {
  if (grouping === undefined) return '';
  return ` ${grouping.isWithout ? 'without' : 'by'} (${grouping.labels.join(',')})`;
}

function printRange({
  operator,
  parameter,
  logs,
  unwrap,
  rangeNs,
  offsetNs,
  atMs,
  atEdge,
  grouping,
}: RangeAggregation): string {
  const shift =
    offsetNs === 0 ? '' : ` offset ${offsetNs < 0 ? '-' : ''}${printPromDuration(Math.abs(offsetNs) / 1e6)}`;
  const at = atEdge === undefined ? (atMs === undefined ? '' : ` @ ${atMs / 1000}`) : ` @ ${atEdge}()`;
  const value = unwrap === undefined ? '' : ` ${printUnwrap(unwrap)}`;
  const first = parameter === undefined ? '' : `${printNumber(parameter)},`;
  return `${operator}(${first}${printLogs(logs)}${value}[${printPromDuration(rangeNs / 1e6)}]${shift}${at})${printGrouping(grouping)}`;
}

function printUnwrap({ label, conversion, filters }: Unwrap): string {
  const what = conversion === undefined ? label : `${conversion}(${label})`;
  return [`| unwrap ${what}`, ...filters.map((filter) => `| ${printConditions(filter)}`)].join(' ');
}

function printNumber(value: number): string {
  return String(value);
}
