/** One kind of exception: where it is thrown, when it happened, one of them in full, and the traces and log records with it. */
import { type ReactNode, useMemo } from 'react';
import type { ErrorGroup, LogRecordResponse, TimeGrid } from '#api/types.ts';
import { printAttribute } from '../lib/attribute-text.ts';
import { errorTitle, logsOfError, tracesOfError } from '../lib/error-groups.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDateTime } from '../lib/format.ts';
import { frameOfLines } from '../lib/frame.ts';
import { useLinks } from '../lib/links.ts';
import { useApi, useScope } from '../lib/scope.tsx';
import { Bars } from '../viz/bars/bars.tsx';
import { StackTrace } from '../viz/details/stack-trace.tsx';
import { Age } from '../widgets/age.tsx';
import { Detail } from '../widgets/detail.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { To } from '../widgets/to.tsx';

interface ErrorDetailProps {
  readonly group: ErrorGroup;
  readonly grid: TimeGrid;
  readonly onClose: () => void;
}

export function ErrorDetail({ group, grid, onClose }: ErrorDetailProps) {
  const links = useLinks();
  const scope = useScope();
  const frame = useMemo(
    () =>
      frameOfLines('exceptions', grid, [
        { name: 'exceptions', values: group.counts, unit: '1', isCount: true, tone: 'error' },
      ]),
    [group.counts, grid],
  );
  return (
    <Detail
      label="Error"
      owner={<ServiceName name={group.service} />}
      title={<span className="error-text">{visibleText(errorTitle(group))}</span>}
      onClose={onClose}
    >
      <div className="detail-links">
        {group.examples.length > 0 ? <To target={tracesOfError(links, group)}>Traces</To> : null}
        {group.logId === undefined ? null : <To target={logsOfError(links, group)}>Logs</To>}
        <To target={links.service(group.service)}>Service</To>
      </div>
      <section className="detail-section">
        <p className="error-message">{visibleText(group.sampleMessage)}</p>
        <table className="fact-table">
          <tbody>
            <Row title="Thrown in">{visibleText(group.frame) || 'no stack trace'}</Row>
            <Row title="Count">{formatCount(group.count)}</Row>
            <Row title="First seen">
              {formatDateTime(group.firstMs)} <Age atMs={group.firstMs} className="muted" />
            </Row>
            <Row title="Last seen">
              {formatDateTime(group.lastMs)} <Age atMs={group.lastMs} className="muted" />
            </Row>
          </tbody>
        </table>
      </section>
      <section className="detail-section" aria-label="Over time">
        <Bars
          label="Exceptions of this kind over time"
          frame={frame}
          fromMs={scope.fromMs}
          toMs={scope.toMs}
          nowMs={scope.nowMs}
          height={84}
          onZoom={scope.zoomTo}
        />
      </section>
      <Examples group={group} />
      {group.sampleStacktrace === '' ? null : (
        <section className="detail-section">
          <div className="detail-section-head">
            <h3>The newest one’s stack trace</h3>
          </div>
          <StackTrace text={group.sampleStacktrace} />
        </section>
      )}
    </Detail>
  );
}

function Row({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>{children}</td>
    </tr>
  );
}

function Examples({ group }: { readonly group: ErrorGroup }) {
  const links = useLinks();
  const { examples, logId } = group;
  const record = useApi<LogRecordResponse>(
    '/logs/record',
    { id: logId },
    { enabled: logId !== undefined, keep: false },
  );
  if (examples.length === 0 && logId === undefined) return null;
  const log = record.data?.log;
  return (
    <section className="detail-section">
      <div className="detail-section-head">
        <h3>The newest ones</h3>
      </div>
      <ul className="fact-list">
        {examples.map(({ traceId, spanId, timeMs }) => (
          <li key={`${traceId} ${spanId} ${timeMs}`}>
            <To target={links.trace(traceId, { span: spanId })}>Trace {traceId.slice(0, 8)}</To>
            <span className="muted small">{formatDateTime(timeMs, true)}</span>
          </li>
        ))}
        {log === undefined ? null : (
          <li>
            <To target={links.logs({ service: group.service, log: log.id })} className="truncate">
              Log: {visibleText(printAttribute(log.body)) || visibleText(group.sampleMessage)}
            </To>
            <span className="muted small">{formatDateTime(log.timeMs, true)}</span>
          </li>
        )}
      </ul>
    </section>
  );
}
