/** Values as large figures side by side, each with its line small behind it. */

import type { Figure, LinkedFigures } from '../../lib/figure.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { trendPaths } from '../../widgets/trend.tsx';

export interface TilesProps extends LinkedFigures {
  readonly label: string;
  readonly figures: readonly Figure[];
  /** What has the value's colour. */
  readonly colours: 'nothing' | 'value' | 'background';
  readonly hasTrend: boolean;
  readonly shows: 'value' | 'name' | 'both' | 'nothing';
  readonly isColumn: boolean;
}

const TREND_WIDTH = 100;
const TREND_HEIGHT = 30;

export function Tiles({
  label,
  figures,
  colours,
  hasTrend,
  shows,
  isColumn,
  linked = (_, drawn) => drawn,
}: TilesProps) {
  return (
    <ul className={isColumn ? 'tiles tiles-column' : 'tiles'} aria-label={visibleText(label)}>
      {figures.map((figure) => {
        const { key, name, text, colour, values } = figure;
        const value = <TileValue text={visibleText(text)} isColoured={colours === 'value' && colour !== undefined} />;
        const title = (
          <span className="tile-name truncate" title={visibleText(name)}>
            {visibleText(name)}
          </span>
        );
        return (
          <li
            key={key}
            className={colours === 'background' && colour ? 'tile tile-filled' : 'tile'}
            style={colour && colours !== 'nothing' ? ({ '--figure': colour } as React.CSSProperties) : undefined}
          >
            {hasTrend && values.length > 1 ? <TileTrend values={values} /> : null}
            {shows === 'name' ? linked(figure, title) : shows === 'both' ? title : null}
            {shows === 'value' || shows === 'both' ? linked(figure, value) : null}
          </li>
        );
      })}
    </ul>
  );
}

/** The longer the text, the smaller its letters: no digit is cut off. */
function TileValue({ text, isColoured }: { readonly text: string; readonly isColoured: boolean }) {
  return (
    <b
      className={isColoured ? 'tile-value tile-coloured' : 'tile-value'}
      style={{ '--letters': Math.max(1, text.length) } as React.CSSProperties}
    >
      {text}
    </b>
  );
}

function TileTrend({ values }: Pick<Figure, 'values'>) {
  const { area, line } = trendPaths(values, TREND_WIDTH, TREND_HEIGHT);
  return (
    <svg
      className="tile-trend"
      viewBox={`0 0 ${TREND_WIDTH} ${TREND_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={area} className="tile-area" />
      <path d={line} className="tile-line" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
