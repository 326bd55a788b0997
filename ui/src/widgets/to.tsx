/** A link to a `Target`. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Target } from '../lib/links.ts';

interface ToProps {
  readonly target: Target;
  readonly className?: string;
  readonly title?: string;
  /** When it is followed, for example to close the menu that it is in. */
  readonly onGo?: () => void;
  readonly children: ReactNode;
}

export function To({ target, className, title, onGo, children }: ToProps) {
  return (
    <Link
      {...target}
      {...(className ? { className } : {})}
      {...(title ? { title } : {})}
      {...(onGo ? { onClick: onGo } : {})}
      preload={false}
    >
      {children}
    </Link>
  );
}
