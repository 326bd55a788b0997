/** Chooses the labels that split a metric into series; several at once. */

import type { MetricLabelsResponse } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';

interface GroupMenuProps {
  readonly labels: MetricLabelsResponse['labels'];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

export function GroupMenu({ labels, chosen, onChange }: GroupMenuProps) {
  const toggle = (key: string): void =>
    onChange(chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]);
  const shown = chosen.length > 0 ? visibleText(chosen.join(', ')) : 'nothing';
  return (
    <Popover
      title={`Group by: ${shown}`}
      className={chosen.length > 0 ? 'button on' : 'button'}
      label={
        <>
          <span className="muted select-name">group by</span>
          <span className="truncate select-value">{shown}</span>
          <Icon name="down" size={12} />
        </>
      }
    >
      {() => (
        <div role="listbox" aria-multiselectable="true" aria-label="Labels">
          {labels.map(({ key, valueCount, scope }) => (
            <button
              type="button"
              role="option"
              key={key}
              aria-selected={chosen.includes(key)}
              className="menu-item"
              onClick={() => toggle(key)}
            >
              <span className="menu-check">{chosen.includes(key) ? <Icon name="check" size={13} /> : null}</span>
              <span className="truncate" title={visibleText(key)}>
                {visibleText(key)}
              </span>
              <span className="muted">
                {valueCount} {scope === 'resource' ? 'resource' : ''}
              </span>
            </button>
          ))}
          {labels.length === 0 ? <div className="menu-item muted">No labels</div> : null}
        </div>
      )}
    </Popover>
  );
}
