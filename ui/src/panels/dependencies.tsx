/** What a service calls that sends no telemetry of its own: databases, caches, queues, other hosts. */
import { useMemo } from 'react';
import type { DependenciesResponse } from '#api/types.ts';
import { apiPath } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { fieldOf } from '../lib/frame.ts';
import { dependenciesFrame } from '../lib/frames/service.ts';
import { useApi, useScopeParams } from '../lib/scope.tsx';
import { Ranking } from '../viz/ranking/ranking.tsx';

interface DependenciesProps {
  readonly service: string;
  /** What rates count over. */
  readonly seconds: number;
}

export function Dependencies({ service, seconds }: DependenciesProps) {
  const answer = useApi<DependenciesResponse>(apiPath('services', service, 'dependencies'), useScopeParams());
  const dependencies = answer.data?.dependencies;
  const frame = useMemo(() => dependenciesFrame(dependencies ?? [], seconds), [dependencies, seconds]);
  const names = fieldOf(frame, 'name', 'text').values;
  const systems = fieldOf(frame, 'system', 'text').values;
  return (
    <section className="neighbours" aria-label="Depends on">
      <div className="section-head">
        <h2>Depends on</h2>
      </div>
      {answer.error ? <p className="muted">{answer.error.message}</p> : null}
      {dependencies?.length === 0 ? <p className="muted">No database, cache, queue or other host.</p> : null}
      <Ranking
        label="Depends on"
        frame={frame}
        nameOf={(row) => (
          <span className="cell-line">
            <span className="truncate">{visibleText(names[row]!)}</span>
            <span className="muted small truncate">{visibleText(systems[row]!)}</span>
          </span>
        )}
      />
    </section>
  );
}
