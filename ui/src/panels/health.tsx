/** Says above every page when what it shows can't be new: the store or the server does not answer. */
import type { StatusResponse } from '#api/types.ts';
import { useAnnounceOnce } from '../lib/announce.ts';
import { formatClock, formatDate } from '../lib/format.ts';
import type { ApiAnswer } from '../lib/scope.tsx';
import { useTicking } from '../lib/ticking.ts';
import { Age } from '../widgets/age.tsx';
import { Icon } from '../widgets/icons.tsx';

export interface Silence {
  readonly who: 'store' | 'server';
  /** By the clock of this browser; undefined where it never answered. */
  readonly sinceMs: number | undefined;
  readonly message: string;
}

/** One that missed a single question may only be busy. */
const PATIENCE_MS = 5_000;

/** Who does not answer, as far as the last status tells; undefined where all is well. */
export function silenceOf({ data, error, answeredMs }: ApiAnswer<StatusResponse>): Silence | undefined {
  if (error && (error.code === 'unreachable' || error.code === 'timeout')) {
    return { who: 'server', sinceMs: answeredMs, message: error.message };
  }
  if (!data || answeredMs === undefined || data.store.available) return undefined;
  // The server's clock may be another one.
  const aheadMs = data.nowMs - answeredMs;
  const sinceMs = data.store.answeredMs === undefined ? undefined : data.store.answeredMs - aheadMs;
  return { who: 'store', sinceMs, message: data.store.message };
}

export function HealthBanner({ silence }: { readonly silence: Silence }) {
  const { who, sinceMs, message } = silence;
  const isLong = useTicking((nowMs) => sinceMs === undefined || nowMs - sinceMs > PATIENCE_MS);
  // Without its age, which counts on.
  const reason = message === `the ${who} does not answer` ? '' : `: ${message}`;
  useAnnounceOnce(isLong ? `The ${who} does not answer${reason}` : undefined);
  if (!isLong) return null;
  return (
    <div className="banner banner-error" data-testid="silence">
      <Icon name="warning" />
      <span>
        {sinceMs === undefined ? (
          `The ${who} has not answered yet`
        ) : (
          <>
            The {who} has not answered since {sinceText(sinceMs)} (<Age atMs={sinceMs} />)
          </>
        )}
        {reason}. {sinceMs === undefined ? '' : 'What you see may be older than that.'}
      </span>
    </div>
  );
}

function sinceText(ms: number): string {
  const isToday = formatDate(ms) === formatDate(Date.now());
  return isToday ? formatClock(ms) : `${formatDate(ms)} ${formatClock(ms)}`;
}
