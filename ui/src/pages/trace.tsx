/** One trace of the store. */

import type { TraceLogsResponse, TraceResponse } from '#api/types.ts';
import { apiPath } from '../lib/api.ts';
import { useLinks } from '../lib/links.ts';
import { usePathPart } from '../lib/page-search.ts';
import { traceQuestion } from '../lib/questions.ts';
import { useApi, useQuestion, useScope } from '../lib/scope.tsx';
import { CompareMenu } from '../panels/compare-menu.tsx';
import { OpenTrace } from '../panels/open-trace.tsx';
import { PinButton } from '../panels/pins.tsx';
import { Crumb } from '../widgets/crumb.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

/** The spans of one trace come from several services, each in its own time. Until this long after its end a trace may grow. */
const ARRIVING_MS = 30_000;
const ARRIVING_EVERY_MS = 2_500;
/** A larger trace is not asked for again by itself. */
const ARRIVING_SPANS = 20_000;

function isArriving(trace: TraceResponse | undefined): boolean {
  if (trace === undefined || trace.totalSpanCount > ARRIVING_SPANS) return false;
  return Date.now() - (trace.startMs + trace.durationNs / 1e6) < ARRIVING_MS;
}

/** Stored spans and records do not change; there can only be more of them. */
function isSame(before: TraceResponse, now: TraceResponse): boolean {
  return before.totalSpanCount === now.totalSpanCount && before.logCount === now.logCount;
}

const NO_LOGS: TraceLogsResponse['logs'] = [];

export function TracePage() {
  const traceId = usePathPart('traceId');
  const links = useLinks();
  const { live } = useScope();
  const everyMs = (trace: TraceResponse | undefined): number | undefined =>
    live && isArriving(trace) ? ARRIVING_EVERY_MS : undefined;
  const answer = useQuestion<TraceResponse>(traceQuestion(traceId), { keep: false, refetchEveryMs: everyMs, isSame });
  const { data, error } = answer;
  const logs = useApi<TraceLogsResponse>(
    apiPath('traces', traceId, 'logs'),
    {},
    { keep: false, enabled: (data?.logCount ?? 0) > 0, refetchEveryMs: () => everyMs(data) },
  );
  const above = <Crumb target={links.traces()} label="Traces" />;
  if (!data || data.spans.startNs.length === 0) {
    return (
      <>
        <PageTitle title={`Trace ${traceId.slice(0, 8)}…`} above={above} />
        {error?.code === 'not_found' || data ? (
          <EmptyState
            title="This trace is not in the store"
            actions={
              <To target={links.traces()} className="button">
                Search traces
              </To>
            }
          >
            It may be older than the retention, sampled out, or not arrived yet. Trace id:{' '}
            <span className="mono">{traceId}</span>
          </EmptyState>
        ) : error ? (
          <ErrorState error={error} onRetry={answer.retry} />
        ) : (
          <Loading what="the trace" />
        )}
      </>
    );
  }
  return (
    <OpenTrace
      key={traceId}
      trace={data}
      logs={logs.data?.logs ?? NO_LOGS}
      above={above}
      actions={<TraceActions trace={data} />}
      note={logs.error ? <ErrorBanner error={logs.error} onRetry={logs.retry} /> : undefined}
    />
  );
}

function TraceActions({ trace }: { readonly trace: TraceResponse }) {
  const { traceId, services, names, spans, startMs } = trace;
  // Parents come before children: the first is the root, or as near to it as there is.
  const [service, name] = [services[spans.service[0]!] ?? '', names[spans.name[0]!] ?? ''];
  return (
    <span className="trace-actions">
      <a
        className="button small"
        href={`/jaeger/api/v3/traces/${traceId}`}
        download={`${traceId}.json`}
        title="The whole trace as OTLP/JSON"
      >
        Download
      </a>
      <PinButton traceId={traceId} />
      <CompareMenu traceId={traceId} rootService={service} rootOperation={name} startMs={startMs} />
    </span>
  );
}
