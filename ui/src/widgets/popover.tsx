/** A button that opens a small panel below it; closes on Escape, on a click elsewhere, and when focus leaves. */
import { type ReactNode, useEffect, useRef, useState } from 'react';

interface PopoverProps {
  readonly label: ReactNode;
  readonly title: string;
  readonly className?: string;
  readonly align?: 'left' | 'right';
  readonly children: (close: () => void) => ReactNode;
}

/** Tab goes round within the button and its panel. */
function keepFocusIn(event: React.KeyboardEvent<HTMLElement>): void {
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('button, input, a[href]')].filter(
    ({ tabIndex }) => tabIndex >= 0,
  );
  const at = stops.indexOf(event.target as HTMLElement);
  const next = event.shiftKey ? at - 1 : at + 1;
  if (next >= 0 && next < stops.length) return;
  event.preventDefault();
  stops.at(event.shiftKey ? -1 : 0)?.focus();
}

export function Popover({ label, title, className = 'button', align = 'left', children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    const onPointer = (event: PointerEvent): void => {
      if (!anchor.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: watches the keys and the focus of what is inside
    <span
      className="popover-anchor"
      ref={anchor}
      onBlur={(event) => {
        if (event.relatedTarget && !anchor.current?.contains(event.relatedTarget)) setOpen(false);
      }}
      onKeyDown={(event) => {
        if (!open) return;
        // While a menu is open, keys are the menu's: none of them reaches the page.
        event.nativeEvent.stopImmediatePropagation();
        if (event.key === 'Escape') close();
        else if (event.key === 'Tab') keepFocusIn(event);
      }}
    >
      <button
        type="button"
        ref={button}
        className={className}
        title={title}
        aria-label={title}
        aria-haspopup="true"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open ? (
        // It takes the focus itself: pressing a text in it must not give the focus to the page around, which would close it.
        <div className="popover" tabIndex={-1} style={{ top: 'calc(100% + 4px)', [align]: 0 }}>
          {children(close)}
        </div>
      ) : null}
    </span>
  );
}
