/** What stands beside a list or a drawing and tells of the one thing that is chosen in it. */
import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';

interface DetailProps {
  /** What a screen reader calls it. */
  readonly label: string;
  /** Above the title: whose it is, or of what kind. */
  readonly owner: ReactNode;
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Detail({ label, owner, title, onClose, children }: DetailProps) {
  return (
    <aside className="span-detail" aria-label={label}>
      <header className="detail-head">
        <div className="detail-title">
          {owner}
          <h2>{title}</h2>
        </div>
        <button
          type="button"
          className="button icon quiet"
          aria-label="Close the details"
          title="Close ( Esc )"
          onClick={onClose}
        >
          <Icon name="close" size={14} />
        </button>
      </header>
      {children}
    </aside>
  );
}
