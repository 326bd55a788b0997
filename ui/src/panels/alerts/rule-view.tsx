/** One rule: what it asks, in words too, when it was evaluated, and why it fires or does not. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ALL_OF_PROMQL, formatPromql, parsePromql } from '#lang/promql';
import { alertsBySeries } from '../../lib/alerting/alert-series.ts';
import {
  type Condition,
  conditionOf,
  type Explained,
  explainExpr,
  isMet,
  isPromql,
} from '../../lib/alerting/condition.ts';
import { limitText, measuredText } from '../../lib/alerting/measure.ts';
import { type ActiveAlert, type Rule, type RuleGroup, standingOf, timeMsOf } from '../../lib/alerts.ts';
import type { ApiFailure } from '../../lib/api.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatSpan, plural } from '../../lib/format.ts';
import { useLinks } from '../../lib/links.ts';
import { askPrometheus, numberOf, type PromAnswer, type PromResult, type PromSeries } from '../../lib/prometheus.ts';
import type { PromLabels } from '../../lib/promql/legend.ts';
import { Age } from '../../widgets/age.tsx';
import { To } from '../../widgets/to.tsx';
import { AlertChart } from './alert-chart.tsx';
import { AlertHistory } from './alert-history.tsx';
import { AlertLabels } from './alert-labels.tsx';

interface RuleViewProps {
  readonly rule: Rule;
  readonly group: RuleGroup;
}

export function RuleView({ rule, group }: RuleViewProps) {
  const links = useLinks();
  const standing = standingOf(rule);
  const evaluatedMs = timeMsOf(rule.lastEvaluation);
  const explained = useMemo(() => explainExpr(rule.query), [rule.query]);
  return (
    <div className="alert-page">
      <section className="section" aria-label="Rule">
        <div className="alert-rule-head">
          <To target={links.alerts()}>All alerts</To>
          <span className={`alert-state alert-${standing}`}>{standing}</span>
          <b className="alert-name">{visibleText(rule.name)}</b>
          <span className="muted">
            in {visibleText(group.name)}, {visibleText(group.file)}
          </span>
        </div>
        <p className="muted">
          {evaluatedMs === undefined ? (
            'not evaluated yet'
          ) : (
            <>
              evaluated <Age atMs={evaluatedMs} />, took {formatSpan(rule.evaluationTime * 1000)}
            </>
          )}
          ; every {formatSpan(group.interval * 1000)}
          {rule.type === 'alerting' && rule.duration > 0
            ? `; fires once it has held for ${formatSpan(rule.duration * 1000)}`
            : ''}
        </p>
        {rule.lastError ? <p className="error-text alert-error">{visibleText(rule.lastError)}</p> : null}
        <AlertLabels labels={rule.labels} />
      </section>
      <section className="section" aria-label="Why">
        <div className="section-head">
          <h2>
            {rule.type === 'recording'
              ? 'What it records now'
              : standing === 'firing'
                ? 'Why it fires'
                : 'Why it does not fire'}
          </h2>
        </div>
        {isPromql(rule.query) ? <Why rule={rule} /> : <AlertsOf rule={rule} />}
      </section>
      <section className="section" aria-label="Expression">
        <div className="section-head">
          <h2>Expression</h2>
          {isPromql(rule.query) ? (
            <To target={links.metrics({ a: rule.query, promql: true })}>Open in Metrics</To>
          ) : null}
        </div>
        <pre className="mono alert-yaml">{visibleText(prettyOf(rule.query))}</pre>
        {explained === undefined ? null : (
          <ul className="alert-explained" aria-label="The expression in words">
            <ExplainedPart part={explained} />
          </ul>
        )}
        <AlertChart title="Over time" expr={rule.query} height={180} />
      </section>
      {rule.type === 'alerting' ? (
        <section className="section" aria-label="History">
          <div className="section-head">
            <h2>History</h2>
          </div>
          <AlertHistory rule={rule.name} />
        </section>
      ) : null}
    </div>
  );
}

function prettyOf(text: string): string {
  try {
    return formatPromql(parsePromql(text, ALL_OF_PROMQL));
  } catch {
    return text;
  }
}

function ExplainedPart({ part: { text, words, parts } }: { readonly part: Explained }) {
  return (
    <li>
      <span className="mono">{visibleText(text)}</span>{' '}
      {words === '' ? null : <span className="muted">{visibleText(words)}</span>}
      {parts.length > 0 ? (
        <ul>
          {parts.map((part) => (
            <ExplainedPart key={part.text} part={part} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

const MAX_ROWS = 50;

function Why({ rule }: { readonly rule: Rule }) {
  const condition = useMemo(() => conditionOf(rule.query), [rule.query]);
  const measured = condition?.measured ?? rule.query;
  const ownLimit = condition?.limit === undefined ? condition?.limitText : undefined;
  const now = useQuery<PromAnswer<PromResult>, ApiFailure>({
    queryKey: ['rule now', measured, rule.lastEvaluation],
    queryFn: ({ signal }) => askPrometheus<PromResult>('/query', { query: measured, limit: 1000 }, signal),
  });
  if (now.error) return <p className="error-text">{visibleText(now.error.message)}</p>;
  if (now.data === undefined) return <p className="muted">Loading…</p>;
  const { data, noData } = now.data;
  const series: readonly PromSeries[] =
    data.resultType === 'vector'
      ? data.result
      : data.resultType === 'scalar'
        ? [{ metric: {}, value: data.result as NonNullable<PromSeries['value']> }]
        : [];
  if (series.length === 0)
    return (
      <p>
        What it measures has no values now{noData[0] === undefined ? '' : `: ${visibleText(noData[0].text)}`}. Without
        values nothing can fire.
      </p>
    );
  const alerts = alertsBySeries(
    series.map(({ metric }) => metric),
    rule.type === 'alerting' ? (rule.alerts ?? []) : [],
  );
  const isFalling = condition?.operator.startsWith('<') === true;
  const rows = series
    .map((each) => rowOf(each, rule, condition, alerts.get(each.metric)))
    .toSorted((a, b) => b.rank - a.rank || (isFalling ? a.value - b.value : b.value - a.value) || 0);
  const met = rows.filter(({ isTrue }) => isTrue).length;
  return (
    <>
      {rule.health === 'err' ? <p>Its evaluation fails, so nothing of this becomes an alert.</p> : null}
      <p>
        {plural(series.length, 'series', 'series')} measured now
        {condition === undefined
          ? rule.type === 'alerting'
            ? '; each of them is an alert.'
            : '.'
          : ownLimit === undefined
            ? `, of which ${met} ${met === 1 ? 'is' : 'are'} ${condition.operator} ${limitText(condition)}.`
            : `; each is compared with its own ${visibleText(ownLimit)}.`}
      </p>
      <table className="table alert-why" aria-label="Series of the rule now">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" className="right">
              Value
            </th>
            {condition?.limit === undefined ? null : (
              <th scope="col" className="right alert-limit">
                Limit
              </th>
            )}
            <th scope="col">So it is</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map(({ labels, value, state }) => (
            <tr key={JSON.stringify(labels)}>
              <td>
                <AlertLabels labels={labels} />
                {Object.keys(labels).length === 0 ? <span className="muted">without labels</span> : null}
              </td>
              <td className="right" title={String(value)}>
                {measuredText(measured, value)}
              </td>
              {condition?.limit === undefined ? null : (
                <td className="right alert-limit">
                  {condition.operator} {limitText(condition)}
                </td>
              )}
              <td>{state}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_ROWS ? <p className="muted">{rows.length - MAX_ROWS} more are not shown.</p> : null}
    </>
  );
}

/** What is known of a rule that only the server evaluates. */
function AlertsOf({ rule }: { readonly rule: Rule }) {
  const alerts = rule.type === 'alerting' ? (rule.alerts ?? []) : [];
  if (alerts.length === 0) return <p>Nothing of what it asks fires or pends.</p>;
  return (
    <table className="table alert-why" aria-label="Alerts of the rule now">
      <thead>
        <tr>
          <th scope="col">Alert</th>
          <th scope="col" className="right">
            Value
          </th>
          <th scope="col">So it is</th>
        </tr>
      </thead>
      <tbody>
        {alerts.slice(0, MAX_ROWS).map((alert) => (
          <tr key={JSON.stringify(alert.labels)}>
            <td>
              <AlertLabels labels={alert.labels} />
            </td>
            <td className="right">{measuredText(rule.query, numberOf(alert.value))}</td>
            <td>{stateOf(alert, rule.type === 'alerting' ? rule.duration : 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface WhyRow {
  readonly labels: PromLabels;
  readonly value: number;
  readonly isTrue: boolean;
  readonly state: string;
  /** The nearer to firing, the larger. */
  readonly rank: number;
}

function rowOf(
  { metric, value: point }: PromSeries,
  rule: Rule,
  condition: Condition | undefined,
  alert: ActiveAlert | undefined,
): WhyRow {
  const { __name__: _, ...labels } = metric;
  const value = point === undefined ? Number.NaN : numberOf(point[1]);
  const isTrue = condition?.limit === undefined ? condition === undefined : isMet(condition, value, condition.limit);
  const state =
    alert !== undefined && rule.type === 'alerting'
      ? stateOf(alert, rule.duration)
      : rule.health === 'err'
        ? 'not evaluated'
        : rule.type === 'recording'
          ? 'recorded'
          : quietState(isTrue);
  const rank = alert?.state === 'firing' ? 3 : alert !== undefined ? 2 : isTrue ? 1 : 0;
  return { labels, value, isTrue, state, rank };
}

function quietState(isTrue: boolean): string {
  return isTrue ? 'true now; the next evaluation will see it' : 'quiet';
}

/** `duration` in seconds. */
function stateOf({ state, activeAt }: ActiveAlert, duration: number): string {
  const sinceMs = timeMsOf(activeAt);
  if (sinceMs === undefined) return state;
  const heldMs = Date.now() - sinceMs;
  if (state === 'firing') return `firing: true for ${formatSpan(heldMs)}`;
  return `pending: true for ${formatSpan(heldMs)}, fires in ${formatSpan(Math.max(0, duration * 1000 - heldMs))}`;
}
