/** What state timelines and histories of states show of a panel's answers. */
import { colourOf, type Panel, showValue } from '#dashboards';
import { seriesColour } from '../colour.ts';
import { visibleText } from '../foreign-text.ts';
import { type EnumField, type Frame, frameOfLines } from '../frame.ts';
import type { ThemeTokens } from '../theme.tsx';
import type { PanelData } from './panel-data.ts';

export interface States {
  readonly frame: Frame;
  readonly colours: readonly (readonly string[])[];
}

const MAX_ROWS = 60;

/** The states are the values as their mappings and units write them. The answer to an instant query holds for all of the time. */
export function statesOf(panel: Panel, { series, grid }: PanelData, tokens: ThemeTokens): States {
  const colours: string[][] = [];
  const seen = new Map<string, number>();
  const fields = series.slice(0, MAX_ROWS).map(({ name, options, values }): EnumField => {
    const texts = [''];
    const own = ['transparent'];
    const places = new Map<string, number>();
    const isByName = options.color?.mode.startsWith('palette') === true;
    const placeOf = (value: number | null): number => {
      if (value === null || Number.isNaN(value)) return 0;
      const { text, color } = showValue(value, options);
      const found = places.get(text);
      if (found !== undefined) return found;
      const order = seen.get(text) ?? seen.size;
      seen.set(text, order);
      const said = isByName && options.mappings.length === 0 ? undefined : color;
      texts.push(text);
      own.push((said === undefined ? undefined : colourOf(said, tokens.name)) ?? seriesColour(order, tokens.name));
      places.set(text, texts.length - 1);
      return texts.length - 1;
    };
    const one = values.length === grid.count ? undefined : placeOf(values[0] ?? null);
    colours.push(own);
    const indices = one === undefined ? values.map(placeOf) : new Array<number>(grid.count).fill(one);
    return { name, type: 'enum', indices, texts };
  });
  const times = frameOfLines(visibleText(panel.title), grid, []);
  return { frame: { ...times, fields: [...times.fields, ...fields] }, colours };
}
