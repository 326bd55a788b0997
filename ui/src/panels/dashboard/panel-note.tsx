/** What stands in a panel in place of a drawing. */
import type { ReactNode } from 'react';
import { Icon } from '../../widgets/icons.tsx';

interface PanelNoteProps {
  readonly text: string;
  readonly isError?: boolean;
  readonly children?: ReactNode;
}

export function PanelNote({ text, isError = false, children }: PanelNoteProps) {
  return (
    <div className={isError ? 'dash-note error-text' : 'dash-note muted'}>
      <span>
        {isError ? <Icon name="warning" size={13} /> : null} {text}
      </span>
      {children}
    </div>
  );
}
