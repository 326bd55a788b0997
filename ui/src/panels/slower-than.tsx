/** A duration that opens the traces which took longer. */
import { ABSENT, formatDuration } from '../lib/format.ts';
import type { Links } from '../lib/links.ts';
import { To } from '../widgets/to.tsx';

interface SlowerThanProps {
  readonly links: Links;
  readonly service: string;
  readonly operation?: string | undefined;
  /** What the duration is called: p95. */
  readonly name: string;
  readonly ns: number | null;
}

export function SlowerThan({ links, service, operation, name, ns }: SlowerThanProps) {
  if (!ns) return ABSENT;
  return (
    <To
      target={links.traces({ service, operation, min: Math.floor(ns), sort: 'slowest' })}
      className="duration-link"
      title={`Traces above the ${name}`}
    >
      {formatDuration(ns)}
    </To>
  );
}
