import { type RefObject, useEffect, useState } from 'react';

/** What is nearly on screen is asked for, too. */
const MARGIN = '150px';

/** Whether an element is on screen, and whether it ever was. */
export function useSeen(element: RefObject<Element | null>): { readonly isSeen: boolean; readonly wasSeen: boolean } {
  const [state, setState] = useState({ isSeen: false, wasSeen: false });
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const isSeen = entries.at(-1)?.isIntersecting ?? false;
        setState((before) => ({ isSeen, wasSeen: before.wasSeen || isSeen }));
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return state;
}
