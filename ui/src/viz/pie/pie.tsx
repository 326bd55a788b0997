/** Shares of a whole as a ring or a full circle, with a list of what each part is. */
import { useState } from 'react';
import type { Slice } from '../../lib/figure.ts';
import { visibleText } from '../../lib/foreign-text.ts';

export interface PieProps {
  readonly label: string;
  readonly slices: readonly Slice[];
  readonly isRing: boolean;
  /** What stands behind the names of the list. */
  readonly shows: readonly ('percent' | 'value')[];
}

const RADIUS = 48;
const HOLE = 28;
const CENTRE = 50;
/** What is thinner can't be hit. */
const LEAST_SHARE = 0.0005;

export function Pie({ label, slices, isRing, shows }: PieProps) {
  const [pointed, setPointed] = useState<string>();
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  let from = 0;
  const parts = slices.map((slice) => {
    const share = total > 0 ? slice.value / total : 0;
    const part = { ...slice, share, from };
    from += share;
    return part;
  });
  const spoken = `${visibleText(label)}: ${parts.map(({ name, share }) => `${visibleText(name)} ${percent(share)}`).join(', ')}`;
  const shown = parts.find(({ key }) => key === pointed);
  return (
    <div className="pie">
      <div className="pie-parts">
        <svg viewBox="0 0 100 100" role="img" aria-label={spoken}>
          {parts
            .filter(({ share }) => share >= LEAST_SHARE)
            .map(({ key, colour, share, from: start }) => (
              <path
                key={key}
                d={sector(start, share, isRing ? HOLE : 0)}
                fill={colour}
                className={pointed === undefined || pointed === key ? 'pie-part' : 'pie-part off'}
                onPointerEnter={() => setPointed(key)}
                onPointerLeave={() => setPointed(undefined)}
              ></path>
            ))}
          {isRing && shown ? (
            <text x={CENTRE} y={CENTRE} className="pie-text" textAnchor="middle" dominantBaseline="central">
              {percent(shown.share)}
            </text>
          ) : null}
        </svg>
        <ul className="pie-list">
          {parts.map(({ key, name, text, colour, share }) => (
            <li
              key={key}
              className={pointed === undefined || pointed === key ? 'pie-row' : 'pie-row off'}
              onPointerEnter={() => setPointed(key)}
              onPointerLeave={() => setPointed(undefined)}
            >
              <i className="swatch" style={{ background: colour }} />
              <span className="truncate" title={visibleText(name)}>
                {visibleText(name)}
              </span>
              {shows.includes('value') ? <b>{visibleText(text)}</b> : null}
              {shows.includes('percent') ? <span className="muted">{percent(share)}</span> : null}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.95 ? value.toFixed(2) : value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
}

function pointAt(share: number, radius: number): string {
  const angle = (share - 0.25) * 2 * Math.PI;
  return `${(CENTRE + radius * Math.cos(angle)).toFixed(3)} ${(CENTRE + radius * Math.sin(angle)).toFixed(3)}`;
}

function sector(from: number, share: number, hole: number): string {
  // An arc from a point to itself is none.
  const to = from + Math.min(share, 0.99999);
  const isLarge = share > 0.5 ? 1 : 0;
  const outer = `M${pointAt(from, RADIUS)}A${RADIUS} ${RADIUS} 0 ${isLarge} 1 ${pointAt(to, RADIUS)}`;
  if (hole === 0) return `${outer}L${CENTRE} ${CENTRE}Z`;
  return `${outer}L${pointAt(to, hole)}A${hole} ${hole} 0 ${isLarge} 0 ${pointAt(from, hole)}Z`;
}
