/** The way from a page to the one above it. Where there is little room only its arrow is shown. */
import type { ReactNode } from 'react';
import type { Target } from '../lib/links.ts';
import { To } from './to.tsx';

interface CrumbProps {
  readonly target: Target;
  readonly label: string;
  /** Beside the name of this page. */
  readonly children?: ReactNode;
}

export function Crumb({ target, label, children }: CrumbProps) {
  return (
    <span className="crumb">
      <To target={target} title={label}>
        <span className="crumb-arrow" aria-hidden="true">
          ‹
        </span>
        <span className="crumb-name">{label}</span>
      </To>
      <span className="crumb-slash"> / </span>
      {children}
    </span>
  );
}
