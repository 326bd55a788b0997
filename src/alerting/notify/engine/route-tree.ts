import type { RouteConfig } from '../config/route.ts';
import { type Labels, labelsOf, pickLabels } from '../labels.ts';
import { type Matcher, matchesAll, printMatchers } from '../matcher.ts';

/** A node of the routing tree with all that it has from those above (alertmanager/dispatch.Route). */
export interface Route {
  /** Of its matchers and those above, `{}/{job="api"}`: the front of its groups' keys. Two nodes may have the same. */
  readonly key: string;
  /** In the order in which nodes are finished: those below come first. */
  readonly index: number;
  readonly matchers: readonly Matcher[];
  readonly continues: boolean;
  readonly receiver: string;
  /** Undefined: by all labels. */
  readonly groupBy: ReadonlySet<string> | undefined;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly labels: Labels;
  readonly routes: readonly Route[];
}

const ROOT = {
  key: '',
  receiver: '',
  groupBy: new Set<string>() as ReadonlySet<string> | undefined,
  groupWaitMs: 30_000,
  groupIntervalMs: 5 * 60_000,
  repeatIntervalMs: 4 * 3_600_000,
  labels: new Map() as Labels,
};

export function makeRoutes(config: RouteConfig): Route {
  let count = 0;
  const make = (one: RouteConfig, above: typeof ROOT): Route => {
    const own = {
      key: `${above.key === '' ? '' : `${above.key}/`}${printMatchers(one.matchers)}`,
      receiver: one.receiver || above.receiver,
      groupBy: one.groupsByAll ? undefined : one.groupBy === undefined ? above.groupBy : new Set(one.groupBy),
      groupWaitMs: one.groupWaitMs ?? above.groupWaitMs,
      groupIntervalMs: one.groupIntervalMs ?? above.groupIntervalMs,
      repeatIntervalMs: one.repeatIntervalMs ?? above.repeatIntervalMs,
      labels: labelsOf(new Map([...above.labels, ...one.labels])),
    };
    const routes = one.routes.map((below) => make(below, own));
    const { matchers, continues, muteTimeIntervals, activeTimeIntervals } = one;
    return { ...own, matchers, continues, muteTimeIntervals, activeTimeIntervals, routes, index: count++ };
  };
  return make(config, ROOT);
}

/** The nodes that an alert goes to: the deepest that match, of siblings the first unless it says to go on. */
export function matchRoutes(route: Route, labels: Labels): readonly Route[] {
  if (!matchesAll(route.matchers, labels)) return [];
  const found: Route[] = [];
  for (const below of route.routes) {
    const matching = matchRoutes(below, labels);
    found.push(...matching);
    if (matching.length > 0 && !below.continues) break;
  }
  return found.length > 0 ? found : [route];
}

export function groupLabelsOf(labels: Labels, { groupBy }: Route): Labels {
  return groupBy === undefined ? labels : pickLabels(labels, groupBy);
}
