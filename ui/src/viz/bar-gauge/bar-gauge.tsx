/** Values as bars, one below the other, on one scale. */

import type { Figure, LinkedFigures } from '../../lib/figure.ts';
import { visibleText } from '../../lib/foreign-text.ts';

export interface BarGaugeProps extends LinkedFigures {
  readonly label: string;
  readonly figures: readonly Figure[];
}

export function BarGauge({ label, figures, linked = (_, drawn) => drawn }: BarGaugeProps) {
  return (
    <ul className="bar-gauge" aria-label={visibleText(label)}>
      {figures.map((figure) => (
        <li key={figure.key} className="bar-gauge-row">
          <span className="bar-gauge-name truncate" title={visibleText(figure.name)}>
            {visibleText(figure.name)}
          </span>
          <span className="bar-gauge-track">
            <span
              className="bar-gauge-bar"
              style={{
                width: `${Math.max(0, Math.min(1, figure.share ?? 0)) * 100}%`,
                background: figure.colour ?? 'var(--accent)',
              }}
            />
          </span>
          <b className="bar-gauge-value">{linked(figure, visibleText(figure.text))}</b>
        </li>
      ))}
    </ul>
  );
}
