/** A value with its data links: one is the value itself, several are a menu. */
import type { ReactNode } from 'react';
import type { ResolvedLink } from '../../lib/dashboards/links.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { Popover } from '../../widgets/popover.tsx';
import { LinkOut } from './link-out.tsx';

interface ValueLinksProps {
  readonly links: readonly ResolvedLink[];
  /** For the menu. */
  readonly name: string;
  readonly children: ReactNode;
}

export function ValueLinks({ links, name, children }: ValueLinksProps) {
  const [first, ...more] = links;
  if (first === undefined) return children;
  if (more.length === 0)
    return (
      <LinkOut link={first} className="dash-value-link">
        {children}
      </LinkOut>
    );
  return (
    <Popover title={`Links of ${visibleText(name)}`} className="dash-value-link" label={children}>
      {() => (
        <ul className="dash-value-links">
          {links.map((link) => (
            <li key={`${link.title} ${JSON.stringify(link.target)}`}>
              <LinkOut link={link} />
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}
