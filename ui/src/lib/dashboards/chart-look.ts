/** What a panel of lines says of its drawing, for the chart and for each of its lines. */
import { colourOf, type FieldOptions, isObject, type JsonObject, type Panel } from '#dashboards';
import type { ThemeName } from '../colour.ts';
import type { PanelSeries } from './panel-data.ts';

/** Of one line; the members are those of the chart's drawing. */
function lineLook({ custom }: FieldOptions, isLikePanel: boolean) {
  const number = (name: string): number | undefined => {
    const value = custom[name];
    return typeof value === 'number' ? value : undefined;
  };
  const interpolation = custom.lineInterpolation;
  const isPoints = custom.drawStyle === 'points';
  const steps =
    interpolation === 'stepBefore'
      ? ('before' as const)
      : interpolation === 'stepAfter'
        ? ('after' as const)
        : undefined;
  const dash = dashOf(custom);
  const width = number('lineWidth');
  const fill = number('fillOpacity');
  const pointSize = number('pointSize');
  return {
    ...(custom.axisPlacement === 'right' ? { isRight: true } : {}),
    ...(width === undefined ? {} : { width }),
    ...(dash === undefined ? {} : { dash }),
    ...(isLikePanel || fill === undefined ? {} : { fillPercent: Math.min(70, fill) }),
    ...(isLikePanel ? {} : { drawsBars: custom.drawStyle === 'bars' }),
    ...(isPoints ? { isPoints } : {}),
    ...(custom.showPoints === 'always' ? { marksPoints: true } : {}),
    ...(pointSize === undefined ? {} : { pointSize }),
    ...(steps === undefined ? {} : { steps }),
    ...(custom.spanNulls === true || Number(custom.spanNulls) > 0 ? { spansGaps: true } : {}),
  } as const;
}

function dashOf({ lineStyle }: JsonObject): readonly number[] | undefined {
  if (!isObject(lineStyle)) return undefined;
  const said = Array.isArray(lineStyle.dash) ? lineStyle.dash.filter((each) => typeof each === 'number') : [];
  if (lineStyle.fill === 'dot') return said.length > 0 ? said : [1, 4];
  return lineStyle.fill === 'dash' ? (said.length > 0 ? said : [10, 8]) : undefined;
}

/** `series` are those that are drawn, in their order. */
export function chartLook({ defaults, options, targets }: Panel, series: readonly PanelSeries[], theme: ThemeName) {
  const { custom, thresholds, min, max } = defaults;
  const stacking = isObject(custom.stacking) ? custom.stacking.mode : undefined;
  const style = isObject(custom.thresholdsStyle) ? custom.thresholdsStyle.mode : 'off';
  const levels = (style === 'off' || thresholds?.mode === 'percentage' ? [] : (thresholds?.steps ?? [])).flatMap(
    ({ from, color }) => {
      const colour = colourOf(color, theme);
      return Number.isFinite(from) && colour !== undefined ? [{ value: from, colour }] : [];
    },
  );
  const fill = typeof custom.fillOpacity === 'number' ? custom.fillOpacity : undefined;
  const legend = isObject(options.legend) ? options.legend : {};
  const scale = isObject(custom.scaleDistribution) ? custom.scaleDistribution.type : undefined;
  const marked = new Set(targets.filter(({ hasExemplars }) => hasExemplars).map(({ refId }) => refId));
  const right = series.find(({ options: own }) => own.custom.axisPlacement === 'right')?.options;
  const left = series.find(({ options: own }) => own.custom.axisPlacement !== 'right')?.options;
  return {
    fillPercent: fill === undefined || fill === 0 ? undefined : Math.min(70, fill),
    drawsBars: custom.drawStyle === 'bars',
    isStacked: stacking === 'normal' || stacking === 'percent',
    isLog: scale === 'log' || scale === 'symlog',
    hidesLegend: legend.showLegend === false,
    min: left?.min ?? min,
    max: left?.max ?? max,
    softMin: typeof custom.axisSoftMin === 'number' ? custom.axisSoftMin : undefined,
    softMax: typeof custom.axisSoftMax === 'number' ? custom.axisSoftMax : undefined,
    marksRight: series.some(({ refId, options: own }) => own.custom.axisPlacement === 'right' && marked.has(refId)),
    rightMin: right?.min,
    rightMax: right?.max,
    lines: series.map(({ options: own }) =>
      lineLook(own, own.custom.drawStyle === custom.drawStyle && own.custom.fillOpacity === custom.fillOpacity),
    ),
    levels,
  };
}
