/** Puts the page's title into the top bar and the window's title. */

import { type ReactNode, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { visibleText } from '../lib/foreign-text.ts';

interface PageTitleProps {
  readonly title: string;
  /** Links that lead up, before the title. */
  readonly above?: ReactNode;
  /** What stands after the title: counts, freshness. */
  readonly children?: ReactNode;
}

export function PageTitle({ title, above, children }: PageTitleProps) {
  const shown = visibleText(title);
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  useEffect(() => setSlot(document.getElementById('page-title')), []);
  useEffect(() => {
    document.title = `${shown} – Signalbox`;
  }, [shown]);
  if (!slot) return null;
  return createPortal(
    <>
      {above}
      <h1 className="truncate" title={shown}>
        {shown}
      </h1>
      {children}
    </>,
    slot,
  );
}
