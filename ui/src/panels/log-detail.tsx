/** One log record: the whole message, its attributes with actions, and where it leads. */

import { type ReactNode, useMemo, useState } from 'react';
import type { AttributeValue, LogRecord, LogRecordResponse } from '#api/types.ts';
import { printAttribute } from '../lib/attribute-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatExactTime } from '../lib/format.ts';
import { attributesFrame, stackOf } from '../lib/frames/details.ts';
import { logRecordFrames } from '../lib/frames/log.ts';
import { useLinks } from '../lib/links.ts';
import { traceOfLog } from '../lib/log-trace.ts';
import { useApi } from '../lib/scope.tsx';
import { severityGroup } from '../lib/severity.ts';
import { rangeToSearch } from '../lib/time-range.ts';
import { Details } from '../viz/details/details.tsx';
import { StackTrace } from '../viz/details/stack-trace.tsx';
import { CopyAction } from '../widgets/copy-action.tsx';
import { CutNote } from '../widgets/cut-note.tsx';
import { Detail } from '../widgets/detail.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { TerminalText } from '../widgets/terminal-text.tsx';
import { To } from '../widgets/to.tsx';
import { LogContext } from './log-context.tsx';

interface LogDetailProps {
  readonly log: LogRecord;
  readonly onClose: () => void;
  readonly onInclude: (key: string, value: AttributeValue) => void;
  readonly onExclude: (key: string, value: AttributeValue) => void;
}

/** "Around it" shows this much of the same service before and after, without the page's filters. */
const AROUND_MS = 10_000;

export function LogDetail({ log: listed, onClose, onInclude, onExclude }: LogDetailProps) {
  const links = useLinks();
  const [wholeId, setWholeId] = useState<string>();
  const isAsked = wholeId === listed.id;
  const whole = useApi<LogRecordResponse>('/logs/record', { id: listed.id }, { enabled: isAsked, keep: false });
  const log = (isAsked ? whole.data?.log : undefined) ?? listed;
  const around = rangeToSearch({
    kind: 'absolute',
    fromMs: Math.floor(log.timeMs - AROUND_MS),
    toMs: Math.ceil(log.timeMs + AROUND_MS),
  });
  const frames = useMemo(() => logRecordFrames(log), [log]);
  const parsed = useMemo(() => attributesFrame('parsed', listed.parsed ?? {}), [listed.parsed]);
  const body = printAttribute(log.body);
  const stack = stackOf(log.attributes);
  const traceId = traceOfLog(log);
  const actions = { onInclude, onExclude };
  return (
    <Detail
      label="Log record"
      owner={<ServiceName name={log.service} />}
      title={
        <>
          <span className={`level-text-${severityGroup(log.severityNumber)}`}>
            {visibleText(log.severityText) || severityGroup(log.severityNumber)}
          </span>{' '}
          <span className="muted small">{formatExactTime(log.timeNs)}</span>
        </>
      }
      onClose={onClose}
    >
      <div className="detail-links">
        {traceId ? <To target={links.trace(traceId, log.spanId ? { span: log.spanId } : {})}>Trace</To> : null}
        {log.traceId ? <To target={links.logs({ trace: log.traceId })}>Logs of the trace</To> : null}
        <To target={links.logs({ range: undefined, from: around.from!, to: around.to!, service: log.service })}>
          Around it
        </To>
        <To target={links.service(log.service)}>Service</To>
        <DerivedLinks log={log} shown={traceId} />
      </div>
      {log.cut ? <CutNote whole={whole} onShow={() => setWholeId(listed.id)} /> : null}
      <section className="detail-section">
        <div className="stack">
          <CopyAction title="Copy the message" text={body} />
          <pre className="mono log-body">
            <TerminalText text={pretty(body)} />
          </pre>
        </div>
      </section>
      {stack === undefined ? null : (
        <Section title="Stack trace">
          <StackTrace text={stack} />
        </Section>
      )}
      <Section title="Before and after">
        <LogContext key={log.id} log={log} />
      </Section>
      {listed.parsed ? (
        <Section title="Taken out of the line">
          <Details label="Taken out of the line" frame={parsed} {...actions} />
        </Section>
      ) : null}
      <Section title="Attributes">
        <Details label="Attributes" frame={frames.attributes} {...actions} />
      </Section>
      <Section title="Resource">
        <Details label="Resource" frame={frames.resource} {...actions} />
      </Section>
      <Section title="Record">
        <Details label="Record" frame={frames.record} />
      </Section>
    </Detail>
  );
}

/** What fields lead to that the server's data sources derive, but for the trace that has its link already. */
function DerivedLinks({ log, shown }: { readonly log: LogRecord; readonly shown: string }) {
  const links = useLinks();
  return (log.links ?? []).map(({ name, traceId, url }, i) => {
    if (url !== undefined)
      return (
        // biome-ignore lint/suspicious/noArrayIndexKey: the fields of a server stay in their order
        <a key={i} href={url} target="_blank" rel="noreferrer noopener">
          {visibleText(name)}
        </a>
      );
    if (traceId === undefined || traceId === shown) return null;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the fields of a server stay in their order
      <To key={i} target={links.trace(traceId)}>
        {visibleText(name)}
      </To>
    );
  });
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="detail-section">
      <div className="detail-section-head">
        <h3>{title}</h3>
      </div>
      {children}
    </section>
  );
}

/** JSON in a message is set out line by line; other text stays as it is. */
function pretty(body: string): string {
  if (!body.startsWith('{')) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
