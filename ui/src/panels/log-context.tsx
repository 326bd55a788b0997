/** The lines before and after a record, of the same stream: service, and what tells its instances apart. */
import type { LogRecord, LogsResponse } from '#api/types.ts';
import { printAttribute } from '../lib/attribute-text.ts';
import { printTerm } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock } from '../lib/format.ts';
import { useApi } from '../lib/scope.tsx';
import { severityGroup } from '../lib/severity.ts';
import { ErrorState } from '../widgets/states.tsx';

const LINES = 5;
const AROUND_MS = 600_000;
/** The first of these that its resource has tells a stream from others of its service. */
const INSTANCE_KEYS = ['service.instance.id', 'k8s.pod.name', 'host.name'];

export function LogContext({ log }: { readonly log: LogRecord }) {
  const instance = INSTANCE_KEYS.find((key) => typeof log.resource[key] === 'string');
  const params = {
    from: Math.floor(log.timeMs - AROUND_MS),
    to: Math.ceil(log.timeMs + AROUND_MS),
    service: log.service,
    q: instance === undefined ? undefined : printTerm(`resource.${instance}`, '=', log.resource[instance]!),
    cursor: log.id,
    limit: LINES,
  };
  const before = useApi<LogsResponse>('/logs', { ...params, direction: 'older' }, { keep: false });
  const after = useApi<LogsResponse>('/logs', { ...params, direction: 'newer' }, { keep: false });
  const error = before.error ?? after.error;
  if (error) return <ErrorState error={error} onRetry={before.error ? before.retry : after.retry} />;
  const lines = [...(after.data?.logs ?? []), log, ...(before.data?.logs ?? [])].toReversed();
  return (
    <ol className="log-context" aria-label="Lines around it">
      {lines.map((line) => {
        const body = visibleText(printAttribute(line.body));
        return (
          <li key={line.id} aria-current={line.id === log.id} title={body}>
            <span className="muted">{formatClock(line.timeMs)}</span>{' '}
            <span className={`level-text-${severityGroup(line.severityNumber)}`}>
              {severityGroup(line.severityNumber)}
            </span>{' '}
            {body}
          </li>
        );
      })}
    </ol>
  );
}
