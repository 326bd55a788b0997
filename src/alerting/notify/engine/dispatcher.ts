import type { Clock } from '#base';
import type { Alert } from '../alert.ts';
import { printLabels } from '../labels.ts';
import { type Flush, Group } from './group.ts';
import { groupLabelsOf, matchRoutes, type Route } from './route-tree.ts';

export interface DispatcherSettings {
  readonly root: Route;
  readonly clock: Clock;
  readonly groupLimit: number;
  readonly flush: Flush;
  /** An alert found no group, because there are too many. */
  readonly refused: (alert: Alert) => void;
}

/** Puts alerts into the groups of the nodes that they go to (alertmanager/dispatch). */
export class Dispatcher {
  readonly #settings: DispatcherSettings;
  readonly #groups = new Map<string, Group>();

  constructor(settings: DispatcherSettings) {
    this.#settings = settings;
  }

  dispatch(alert: Alert): void {
    for (const route of matchRoutes(this.#settings.root, alert.labels)) this.#insert(alert, route);
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
    this.#groups.clear();
  }

  #insert(alert: Alert, route: Route): void {
    const labels = groupLabelsOf(alert.labels, route);
    const key = `${route.index}:${printLabels(labels)}`;
    const known = this.#groups.get(key);
    if (known !== undefined && !known.hasEnded) {
      known.insert(alert);
      return;
    }
    const { clock, flush, groupLimit, refused } = this.#settings;
    if (this.#groups.size >= groupLimit) {
      refused(alert);
      return;
    }
    const group = new Group(route, labels, clock, flush, (ended) => {
      if (this.#groups.get(key) === ended) this.#groups.delete(key);
    });
    group.insert(alert);
    this.#groups.set(key, group);
    group.start();
  }
}
