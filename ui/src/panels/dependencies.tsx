/** What a service calls that sends no telemetry of its own: databases, caches, queues, other hosts. */

import type { DependenciesResponse } from '#api/types.ts';
import { apiPath } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDuration, formatPercent, formatRate } from '../lib/format.ts';
import { useApi, useScopeParams } from '../lib/scope.tsx';

type Dependency = DependenciesResponse['dependencies'][number];

interface DependenciesProps {
  readonly service: string;
  /** What rates count over. */
  readonly seconds: number;
}

export function Dependencies({ service, seconds }: DependenciesProps) {
  const answer = useApi<DependenciesResponse>(apiPath('services', service, 'dependencies'), useScopeParams());
  const dependencies = answer.data?.dependencies ?? [];
  const most = Math.max(1, ...dependencies.map(({ callCount }) => callCount));
  return (
    <section className="neighbours" aria-label="Depends on">
      <div className="section-head">
        <h2>Depends on</h2>
      </div>
      {answer.error ? <p className="muted">{answer.error.message}</p> : null}
      {answer.data && dependencies.length === 0 ? (
        <p className="muted">No database, cache, queue or other host.</p>
      ) : null}
      <ul>
        {dependencies.map((one) => (
          <DependencyLine
            key={[one.kind, one.system, one.name, one.namespace].join('\n')}
            one={one}
            most={most}
            seconds={seconds}
          />
        ))}
      </ul>
    </section>
  );
}

function DependencyLine({
  one,
  most,
  seconds,
}: {
  readonly one: Dependency;
  readonly most: number;
  readonly seconds: number;
}) {
  const name = one.namespace || one.name || one.system;
  const about = [one.kind, one.system, one.namespace ? one.name : ''].filter(Boolean).join(' · ');
  const durations = `median ${formatDuration(one.p50Ns)}, p95 ${formatDuration(one.p95Ns)}`;
  return (
    <li title={visibleText(`${name}\n${about}\n${durations}`)}>
      <span className="cell-line">
        <span className="truncate">{visibleText(name)}</span>
        <span className="muted small truncate">{visibleText(one.system || one.kind)}</span>
      </span>
      <span className="bar-room">
        <i className="bar" style={{ width: `${(one.callCount / most) * 100}%` }}>
          {one.errorCount > 0 ? (
            <i className="bar error" style={{ width: `${Math.max(3, (one.errorCount / one.callCount) * 100)}%` }} />
          ) : null}
        </i>
      </span>
      <span className="neighbour-rate">
        {formatRate(one.callCount / seconds)} <span className="muted small">{formatDuration(one.p95Ns)}</span>
      </span>
      <span className={one.errorCount > 0 ? 'error-text neighbour-errors' : 'muted neighbour-errors'}>
        {formatPercent(one.errorCount / Math.max(1, one.callCount))}
      </span>
    </li>
  );
}
