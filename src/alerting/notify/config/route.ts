import { z } from 'zod';
import { excerpt } from '#base';
import { list, strictObject, text } from '#config';
import { isLabelName } from '../labels.ts';
import { Matcher, MatcherError, parseMatchers, sortMatchers } from '../matcher.ts';
import { flag, refuse, span, type TextMap, texts } from './values.ts';

/** A node of the routing tree as it is written: what is undefined comes from the node above. */
export interface RouteConfig {
  /** Empty: that of the node above. */
  readonly receiver: string;
  readonly groupBy: readonly string[] | undefined;
  /** `group_by: ['...']`: each different set of labels is a group. */
  readonly groupsByAll: boolean;
  /** Of `match`, `match_re` and `matchers`, sorted. */
  readonly matchers: readonly Matcher[];
  readonly continues: boolean;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly groupWaitMs: number | undefined;
  readonly groupIntervalMs: number | undefined;
  readonly repeatIntervalMs: number | undefined;
  /** Templates of labels for the receiver. */
  readonly labels: TextMap;
  readonly routes: readonly RouteConfig[];
}

/** Alerts that match `source` keep quiet those that match `target` and have the same values of `equal`. */
export interface InhibitRuleConfig {
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** A list of texts of matchers. */
const matcherTexts = list(text()).transform((lines, context): readonly Matcher[] => {
  return lines.flatMap((line, i) => read(() => parseMatchers(line), context, i));
});
const equalMap = texts().transform((map, context): readonly Matcher[] => {
  return Array.from(map).flatMap(([name, value]) =>
    read(() => [new Matcher('=', plainName(name), value)], context, name),
  );
});
const regexMap = texts().transform((map, context): readonly Matcher[] => {
  return Array.from(map).flatMap(([name, value]) =>
    read(() => [new Matcher('=~', plainName(name), `^(?:${value})$`)], context, name),
  );
});

/** The older maps take names of the older kind alone. */
function plainName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw new MatcherError(`invalid label name "${excerpt(name)}"`);
}

function read(make: () => readonly Matcher[], context: z.RefinementCtx, key: string | number): readonly Matcher[] {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    context.addIssue({ code: 'custom', path: [key], message: error.message });
    return [];
  }
}

const route: z.ZodType<RouteConfig> = strictObject({
  receiver: text('').describe('who is told'),
  group_by: z.array(text()).optional().describe('labels whose values make a group; `...` for all'),
  match: equalMap.describe('the older form of `matchers`'),
  match_re: regexMap.describe('the older form of `matchers`, with regular expressions'),
  matchers: matcherTexts.describe('what an alert has to have'),
  mute_time_intervals: list(text()).describe('times in which nothing is sent'),
  active_time_intervals: list(text()).describe('the only times in which something is sent'),
  continue: flag(false).describe('looks at the nodes behind it, too'),
  routes: list(z.lazy((): z.ZodType<RouteConfig> => route)).describe('nodes below'),
  group_wait: span().optional().describe('how long a new group waits for more alerts'),
  group_interval: span().optional().describe('how often a group is looked at'),
  repeat_interval: span().optional().describe('when what was told is told again'),
  labels: texts().describe('for the templates of the receiver'),
})
  .superRefine((raw, context) => {
    const groupBy = raw.group_by ?? [];
    const isMixed = groupBy.includes('...') && groupBy.some((name) => name !== '...');
    refuse(
      context,
      [isMixed && 'cannot have wildcard group_by (`...`) and other labels at the same time'],
      ['group_by'],
    );
    for (const [i, name] of groupBy.entries()) {
      if (name === '...') continue;
      const mistakes = [
        !isLabelName(name) && `invalid label name "${name}" in group_by list`,
        groupBy.indexOf(name) < i && `duplicated label "${name}" in group_by`,
      ];
      refuse(context, mistakes, ['group_by', i]);
    }
    for (const key of ['group_interval', 'repeat_interval'] as const)
      refuse(context, [raw[key] === 0 && `${key} cannot be zero`], [key]);
    for (const name of raw.labels.keys())
      refuse(context, [!isLabelName(name) && `invalid label name "${name}" in route labels`], ['labels', name]);
  })
  .transform((raw) => ({
    receiver: raw.receiver,
    groupBy: raw.group_by?.includes('...') ? undefined : raw.group_by,
    groupsByAll: raw.group_by?.includes('...') === true,
    matchers: sortMatchers([...raw.match, ...raw.match_re, ...raw.matchers]),
    continues: raw.continue,
    muteTimeIntervals: raw.mute_time_intervals,
    activeTimeIntervals: raw.active_time_intervals,
    groupWaitMs: raw.group_wait,
    groupIntervalMs: raw.group_interval,
    repeatIntervalMs: raw.repeat_interval,
    labels: raw.labels,
    routes: raw.routes,
  }));

export const routeSchema: z.ZodType<RouteConfig> = route;

export const inhibitRuleSchema: z.ZodType<InhibitRuleConfig> = strictObject({
  name: text('').describe('for people'),
  source_match: equalMap.describe('the older form of `source_matchers`'),
  source_match_re: regexMap.describe('the older form of `source_matchers`, with regular expressions'),
  source_matchers: matcherTexts.describe('the alerts that keep others quiet'),
  target_match: equalMap.describe('the older form of `target_matchers`'),
  target_match_re: regexMap.describe('the older form of `target_matchers`, with regular expressions'),
  target_matchers: matcherTexts.describe('the alerts that are kept quiet'),
  equal: list(text()).describe('labels that both have to have with the same value'),
})
  .superRefine(({ equal }, context) => {
    for (const [i, name] of equal.entries())
      refuse(context, [!isLabelName(name) && `invalid label name "${name}" in equal list`], ['equal', i]);
  })
  .transform((raw) => ({
    name: raw.name,
    source: [...raw.source_match, ...raw.source_match_re, ...raw.source_matchers],
    target: [...raw.target_match, ...raw.target_match_re, ...raw.target_matchers],
    equal: raw.equal,
  }));
