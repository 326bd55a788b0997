/** Values as figures and as parts of a whole. */
import type { ReactNode } from 'react';
import type { Numbers } from './frame.ts';

/** One value of a list, as tiles, gauges and bars show it. */
export interface Figure {
  readonly key: string;
  readonly name: string;
  readonly text: string;
  /** CSS; undefined for the text's own. */
  readonly colour: string | undefined;
  /** Where the value stands between the ends of its scale, 0 to 1; undefined where it is none. */
  readonly share: number | undefined;
  /** The values behind it, over time. */
  readonly values: Numbers;
}

/** A part of a whole. */
export interface Slice {
  readonly key: string;
  readonly name: string;
  /** At least 0. */
  readonly value: number;
  readonly text: string;
  /** CSS. */
  readonly colour: string;
}

/** How a panel makes the values of figures lead somewhere. */
export interface LinkedFigures {
  /** Puts what is drawn of a figure into its link; gives it back where it has none. */
  readonly linked?: (figure: Figure, drawn: ReactNode) => ReactNode;
}
