/** Alerts: what fires, what all rules found when they were last evaluated, and what is silenced. As it is now, whatever range is chosen. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { askKnownAlerts, endSilence, type KnownAlert } from '../lib/alerting/silencing.ts';
import {
  ALERTS_EVERY_MS,
  askRules,
  askSilences,
  byUrgency,
  countAlerts,
  flatAlerts,
  printMatcher,
  type Rule,
  type RuleGroup,
  type Silence,
  standingOf,
  timeMsOf,
} from '../lib/alerts.ts';
import type { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDateTime, formatSpan, plural } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import type { PromLabels } from '../lib/promql/legend.ts';
import { useScope } from '../lib/scope.tsx';
import { ActiveAlerts } from '../panels/alerts/active-alerts.tsx';
import { AlertHistory } from '../panels/alerts/alert-history.tsx';
import { RuleForm } from '../panels/alerts/rule-form.tsx';
import { RuleView } from '../panels/alerts/rule-view.tsx';
import { SilenceForm } from '../panels/alerts/silence-form.tsx';
import { TestButton } from '../panels/alerts/test-button.tsx';
import { Age } from '../widgets/age.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';
import '../styles/alerts.css';

export function AlertsPage() {
  const { live } = useScope();
  const { search, update } = usePageSearch();
  const refetchInterval = live ? ALERTS_EVERY_MS : false;
  const rules = useQuery<readonly RuleGroup[], ApiFailure>({
    queryKey: ['alerts', 'rules'],
    queryFn: ({ signal }) => askRules(signal),
    refetchInterval,
  });
  const silences = useQuery<readonly Silence[] | null, ApiFailure>({
    queryKey: ['alerts', 'silences'],
    queryFn: ({ signal }) => askSilences(signal),
    refetchInterval,
  });
  const groups = useMemo(() => byUrgency(rules.data ?? []), [rules.data]);
  const retry = (): void => void rules.refetch();
  const group = groups.find(({ name }) => name === search.in);
  const rule = group?.rules.find(({ name }) => name === search.rule);
  return (
    <>
      <PageTitle title="Alerts">
        {rules.data === undefined ? null : <Counts groups={groups} />}
        <span className="spacer" />
        <button type="button" className="button" onClick={() => update({ a: search.a ?? EXAMPLE })}>
          New rule
        </button>
        {silences.data ? <TestButton /> : null}
      </PageTitle>
      {rules.error && rules.data ? <ErrorBanner error={rules.error} onRetry={retry} /> : null}
      {rules.data === undefined ? (
        rules.error ? (
          <ErrorState error={rules.error} onRetry={retry} />
        ) : (
          <Loading what="rules" />
        )
      ) : (
        <div className={rules.error ? 'page-scroll stale' : 'page-scroll fresh'}>
          {search.a === undefined ? null : (
            <RuleForm
              key={search.a}
              expr={search.a}
              language={search.language ?? 'promql'}
              onClose={() => update({ a: undefined, language: undefined })}
            />
          )}
          {search.rule === undefined ? (
            <Overview
              groups={groups}
              silences={silences.data}
              silenceError={silences.error ?? undefined}
              onRetrySilences={() => void silences.refetch()}
            />
          ) : group && rule ? (
            <RuleView group={group} rule={rule} />
          ) : (
            <EmptyState title={`There is no rule ${visibleText(search.rule)} in ${visibleText(search.in ?? '')}`}>
              It may have been renamed, or its file was taken away.
            </EmptyState>
          )}
        </div>
      )}
    </>
  );
}

/** What a new rule begins with. */
const EXAMPLE = 'up == 0';

interface OverviewProps {
  readonly groups: readonly RuleGroup[];
  /** Null where there is no Alertmanager. */
  readonly silences: readonly Silence[] | null | undefined;
  readonly silenceError: ApiFailure | undefined;
  readonly onRetrySilences: () => void;
}

function Overview({ groups, silences, silenceError, onRetrySilences }: OverviewProps) {
  const { live } = useScope();
  const client = useQueryClient();
  const [silencing, setSilencing] = useState<PromLabels>();
  const known = useQuery<readonly KnownAlert[] | null, ApiFailure>({
    queryKey: ['alerts', 'known'],
    queryFn: ({ signal }) => askKnownAlerts(signal),
    refetchInterval: live ? ALERTS_EVERY_MS : false,
  });
  const alerts = useMemo(() => flatAlerts(groups), [groups]);
  const silencedBy = (labels: PromLabels): readonly string[] =>
    (known.data ?? []).find((each) => isSame(each.labels, labels))?.status.silencedBy ?? [];
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: ['alerts', 'silences'] });
    void client.invalidateQueries({ queryKey: ['alerts', 'known'] });
  };
  if (groups.length === 0)
    return (
      <>
        <EmptyState title="There are no rules yet">
          Give the server files of Prometheus’ rules: signalbox up --rules FILES. Their alerts are shown here.
        </EmptyState>
        <Silences silences={silences} error={silenceError} onRetry={onRetrySilences} onEnded={changed} />
      </>
    );
  return (
    <>
      {silencing === undefined ? null : (
        <SilenceForm
          key={JSON.stringify(silencing)}
          labels={silencing}
          alerts={alerts}
          onMade={() => {
            setSilencing(undefined);
            changed();
          }}
          onClose={() => setSilencing(undefined)}
        />
      )}
      <section className="section" aria-label="Active now">
        <div className="section-head">
          <h2>Active now</h2>
        </div>
        <ActiveAlerts alerts={alerts} silencedBy={silencedBy} onSilence={silences ? setSilencing : undefined} />
      </section>
      <section className="section" aria-label="History">
        <div className="section-head">
          <h2>History</h2>
        </div>
        <AlertHistory />
      </section>
      {groups.map((group) => (
        <Group key={`${group.file} ${group.name}`} group={group} />
      ))}
      <Silences silences={silences} error={silenceError} onRetry={onRetrySilences} onEnded={changed} />
    </>
  );
}

function isSame(one: PromLabels, other: PromLabels): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function Counts({ groups }: { readonly groups: readonly RuleGroup[] }) {
  const firing = countAlerts(groups, 'firing');
  const pending = countAlerts(groups, 'pending');
  return (
    <>
      <span className={firing > 0 ? 'error-text' : 'muted'}>{firing} firing</span>
      <span className={pending > 0 ? 'warning-text' : 'muted'}>{pending} pending</span>
    </>
  );
}

function Group({ group }: { readonly group: RuleGroup }) {
  return (
    <section className="section alert-group" aria-label={visibleText(group.name)}>
      <div className="section-head alert-group-head">
        <h2>{visibleText(group.name)}</h2>
        <span className="muted" title={visibleText(group.file)}>
          {plural(group.rules.length, 'rule')}, every {formatSpan(group.interval * 1000)}
        </span>
        <span className="muted mono alert-file">{visibleText(group.file)}</span>
      </div>
      <ul className="alert-rules">
        {group.rules.map((rule, place) => (
          // Rules of a group may have one name.
          // biome-ignore lint/suspicious/noArrayIndexKey: a group's rules have nothing else to be known by
          <RuleRow key={`${rule.type} ${rule.name} ${place}`} group={group} rule={rule} />
        ))}
      </ul>
    </section>
  );
}

function RuleRow({ rule, group }: { readonly rule: Rule; readonly group: RuleGroup }) {
  const links = useLinks();
  const evaluatedMs = timeMsOf(rule.lastEvaluation);
  const standing = standingOf(rule);
  const alertCount = rule.type === 'alerting' ? (rule.alerts?.length ?? 0) : 0;
  return (
    <li className="alert-rule">
      <div className="alert-rule-head">
        <span className={`alert-state alert-${standing}`}>{standing}</span>
        <To target={links.rule(group, rule)} className="strong-link alert-name">
          {visibleText(rule.name)}
        </To>
        {alertCount > 0 ? <span className="muted small">{plural(alertCount, 'alert')}</span> : null}
        {rule.type === 'alerting' && rule.duration > 0 ? (
          <span className="muted small">for {formatSpan(rule.duration * 1000)}</span>
        ) : null}
        <span className="muted small alert-evaluated">
          {evaluatedMs === undefined ? (
            'not evaluated yet'
          ) : (
            <>
              evaluated <Age atMs={evaluatedMs} />, took {formatSpan(rule.evaluationTime * 1000)}
            </>
          )}
        </span>
      </div>
      <To
        target={links.metrics({ a: rule.query, promql: true })}
        className="mono alert-query"
        title="Open this expression in PromQL"
      >
        {visibleText(rule.query)}
      </To>
      {rule.lastError ? <p className="error-text alert-error">{visibleText(rule.lastError)}</p> : null}
    </li>
  );
}

interface SilencesProps {
  /** Null where there is no Alertmanager. */
  readonly silences: readonly Silence[] | null | undefined;
  readonly error: ApiFailure | undefined;
  readonly onRetry: () => void;
  readonly onEnded: () => void;
}

function Silences({ silences, error, onRetry, onEnded }: SilencesProps) {
  const shown = (silences ?? []).filter(({ status }) => status.state !== 'expired');
  const expired = (silences?.length ?? 0) - shown.length;
  return (
    <section className="section" aria-label="Silences">
      <div className="section-head">
        <h2>Silences</h2>
        {expired > 0 ? <span className="muted">without {expired} that ended</span> : null}
      </div>
      {error ? <ErrorBanner error={error} onRetry={onRetry} /> : null}
      {silences === undefined ? (
        error ? null : (
          <p className="muted">Loading…</p>
        )
      ) : silences === null ? (
        <p className="muted">
          This server has no Alertmanager of its own: nothing is silenced here, and it sends no messages itself. Start
          it with signalbox up --alertmanager-config FILE to have both.
        </p>
      ) : shown.length === 0 ? (
        <p className="muted">Nothing is silenced.</p>
      ) : (
        <ul className="alert-rules">
          {shown.map((silence) => (
            <SilenceRow key={silence.id} silence={silence} onEnded={onEnded} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SilenceRow({ silence, onEnded }: { readonly silence: Silence; readonly onEnded: () => void }) {
  const [problem, setProblem] = useState<string>();
  const startsMs = timeMsOf(silence.startsAt);
  const endsMs = timeMsOf(silence.endsAt);
  const isToCome = silence.status.state === 'pending';
  return (
    <li className="alert-rule">
      <div className="alert-rule-head">
        <span className="alert-state">{isToCome ? 'to come' : 'active'}</span>
        <span className="alert-labels">
          {silence.matchers.map((matcher) => (
            <span key={printMatcher(matcher)} className="alert-label mono">
              {visibleText(printMatcher(matcher))}
            </span>
          ))}
        </span>
        <span className="spacer" />
        <button
          type="button"
          className="button quiet"
          onClick={() => void endSilence(silence).then(onEnded, (error: Error) => setProblem(error.message))}
        >
          End it
        </button>
      </div>
      {problem === undefined ? null : <p className="error-text">{visibleText(problem)}</p>}
      <p>{visibleText(silence.comment) || <span className="muted">without a comment</span>}</p>
      <p className="muted small">
        by {visibleText(silence.createdBy) || 'somebody'}
        {startsMs === undefined ? '' : `, from ${formatDateTime(startsMs)}`}
        {endsMs === undefined ? '' : ` to ${formatDateTime(endsMs)}`}
      </p>
    </li>
  );
}
