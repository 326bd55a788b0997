/** A link that a dashboard's file has: to another dashboard here, or out. */
import type { ReactNode } from 'react';
import type { ResolvedLink } from '../../lib/dashboards/links.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { useLinks } from '../../lib/links.ts';
import { rangeToSearch } from '../../lib/time-range.ts';
import { To } from '../../widgets/to.tsx';

interface LinkOutProps {
  readonly link: ResolvedLink;
  readonly className?: string;
  readonly children?: ReactNode;
}

export function LinkOut({ link: { title, target, opensNewTab }, className = 'dash-link', children }: LinkOutProps) {
  const links = useLinks();
  const shown = children ?? visibleText(title);
  if (target.kind === 'dashboard') {
    const { uid, vars, time } = target;
    const range = time === undefined ? {} : rangeToSearch({ kind: 'absolute', ...time });
    return (
      <To target={links.dashboard(uid, { ...range, vars })} className={className} title={visibleText(title)}>
        {shown}
      </To>
    );
  }
  return (
    <a
      href={target.url}
      className={className}
      title={visibleText(`${title}\n${target.url}`)}
      rel="noreferrer noopener"
      {...(opensNewTab ? { target: '_blank' } : {})}
    >
      {shown}
    </a>
  );
}
