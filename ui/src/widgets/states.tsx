/** Loading, empty and error: each says what is going on and what to do next. */

import type { ReactNode } from 'react';
import { useAnnounceOnce } from '../lib/announce.ts';
import type { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDateTime } from '../lib/format.ts';
import { useScope } from '../lib/scope.tsx';
import { Icon } from './icons.tsx';

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="state">
      <span className="state-wait">Loading {what}…</span>
    </div>
  );
}

export function ErrorState({ error, onRetry }: { readonly error: ApiFailure; readonly onRetry: () => void }) {
  useAnnounceOnce(errorText(error));
  return (
    <div className="state state-error">
      <div className="state-title">
        <Icon name="warning" /> {error.message}
      </div>
      {error.hint ? <p className="muted">{error.hint}</p> : null}
      {error.query ? <MarkedQuery query={error.query} start={error.start} end={error.end} /> : null}
      <div className="state-actions">
        <button type="button" className="button" onClick={onRetry}>
          <Icon name="refresh" /> Try again
        </button>
      </div>
    </div>
  );
}

function errorText({ message, hint }: ApiFailure): string {
  return hint ? `${message}. ${hint}` : message;
}

/** One line above data that could not be refreshed. */
export function ErrorBanner({ error, onRetry }: { readonly error: ApiFailure; readonly onRetry: () => void }) {
  useAnnounceOnce(errorText(error));
  return (
    <div className="banner banner-error">
      <Icon name="warning" />
      <span>
        {error.message}. {error.hint ?? 'What you see may be old.'}
      </span>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

function MarkedQuery({ query, start, end }: { query: string; start?: number | undefined; end?: number | undefined }) {
  if (start === undefined) return <pre className="mono state-query">{visibleText(query)}</pre>;
  const to = Math.max(end ?? start + 1, start + 1);
  return (
    <pre className="mono state-query">
      {visibleText(query.slice(0, start))}
      <mark>{visibleText(query.slice(start, to)) || ' '}</mark>
      {visibleText(query.slice(to))}
    </pre>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Time of the nearest data that would match; offered as the next step. */
  readonly nearestMs?: number | undefined;
  /** What lies there. Default: matching data. */
  readonly nearestText?: string | undefined;
  readonly actions?: ReactNode;
}

export function EmptyState({ title, children, nearestMs, nearestText = 'Nearest matching data', actions }: EmptyProps) {
  useAnnounceOnce(title);
  const scope = useScope();
  const spanMs = scope.toMs - scope.fromMs;
  return (
    <div className="state">
      <div className="state-title">{title}</div>
      {children ? <div className="muted">{children}</div> : null}
      {nearestMs === undefined ? null : (
        <p className="muted">
          {nearestText}: {formatDateTime(nearestMs)}.
        </p>
      )}
      <div className="state-actions">
        {nearestMs === undefined ? null : (
          <button
            type="button"
            className="button primary"
            onClick={() => scope.zoomTo(nearestMs - spanMs / 2, nearestMs + spanMs / 2)}
          >
            Go there
          </button>
        )}
        {actions}
      </div>
    </div>
  );
}
