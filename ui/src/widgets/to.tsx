/** A link to a `Target`. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Target } from '../lib/links.ts';

interface ToProps {
  readonly target: Target;
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
}

export function To({ target, className, title, children }: ToProps) {
  return (
    <Link {...target} {...(className ? { className } : {})} {...(title ? { title } : {})} preload={false}>
      {children}
    </Link>
  );
}
