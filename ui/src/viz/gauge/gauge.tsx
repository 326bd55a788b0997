/** Values on round scales: where each stands between the ends. */

import type { Figure, LinkedFigures } from '../../lib/figure.ts';
import { visibleText } from '../../lib/foreign-text.ts';

export interface GaugeProps extends LinkedFigures {
  readonly label: string;
  readonly figures: readonly Figure[];
  /** Where colours begin on the scale, by share, ascending. */
  readonly bands: readonly { readonly from: number; readonly colour: string }[];
}

/** The scale goes from lower left over the top to lower right. */
const SWEEP = 250;
const RADIUS = 42;
const CENTRE = 50;

export function Gauge({ label, figures, bands, linked = (_, drawn) => drawn }: GaugeProps) {
  return (
    <ul className="gauges" aria-label={visibleText(label)}>
      {figures.map((figure) => (
        <li key={figure.key} className="gauge">
          {linked(figure, <Dial figure={figure} bands={bands} />)}
          {figures.length > 1 || figure.name !== '' ? (
            <span className="tile-name truncate">{visibleText(figure.name)}</span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Dial({
  figure: { name, text, colour, share },
  bands,
}: Pick<GaugeProps, 'bands'> & { readonly figure: Figure }) {
  return (
    <svg viewBox="0 0 100 82" role="img" aria-label={`${visibleText(name)}: ${visibleText(text)}`}>
      <path d={arc(0, 1, RADIUS)} className="gauge-scale" />
      {share === undefined || share <= 0 ? null : (
        <path
          d={arc(0, Math.min(1, share), RADIUS)}
          className="gauge-value"
          style={{ stroke: colour ?? 'var(--accent)' }}
        />
      )}
      {bands.map(({ from, colour: band }, i) => (
        <path
          key={from}
          d={arc(from, bands[i + 1]?.from ?? 1, RADIUS + 6)}
          className="gauge-band"
          style={{ stroke: band }}
        />
      ))}
      <text x={CENTRE} y={58} textAnchor="middle" className="gauge-text" style={{ fontSize: fontSize(text) }}>
        {visibleText(text)}
      </text>
    </svg>
  );
}

function fontSize(text: string): number {
  return Math.max(3, Math.min(17, 110 / Math.max(1, text.length)));
}

function pointAt(share: number, radius: number): string {
  const angle = ((-90 - SWEEP / 2 + share * SWEEP) * Math.PI) / 180;
  return `${(CENTRE + radius * Math.cos(angle)).toFixed(2)} ${(CENTRE + radius * Math.sin(angle)).toFixed(2)}`;
}

function arc(from: number, to: number, radius: number): string {
  const isLarge = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M${pointAt(from, radius)}A${radius} ${radius} 0 ${isLarge} 1 ${pointAt(to, radius)}`;
}
