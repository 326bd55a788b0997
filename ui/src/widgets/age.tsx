/** How long ago something was, counting on by the second. */
import { formatDateTime } from '../lib/format.ts';
import { useAgo } from '../lib/ticking.ts';

export function Age({ atMs, className }: { readonly atMs: number; readonly className?: string }) {
  const text = useAgo(atMs);
  return (
    <span {...(className ? { className } : {})} title={formatDateTime(atMs)}>
      {text}
    </span>
  );
}
