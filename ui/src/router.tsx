/**
 * The pages and their addresses. The pages with charts of uPlot are chunks of their own; the others are small and come
 * with the first, because one more round trip costs more than their code.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { isAlertmanagerPage, readGraphLink } from './lib/foreign-links.ts';
import { serverAnswers } from './lib/reload.ts';
import { parseSearch, readScope, stringifySearch, validateSearch } from './lib/search.ts';
import { LogsPage } from './pages/logs.tsx';
import { SendPage } from './pages/send.tsx';
import { ServicesPage } from './pages/services.tsx';
import { TracePage } from './pages/trace.tsx';
import { TracesPage } from './pages/traces.tsx';
import { Broken, Frame, NotFound } from './panels/frame.tsx';

/**
 * The router loads the console anew where the code of a page is not there, as after an update. With a server that does not answer that would put the browser's
 * own page in place of the console.
 */
function page<T>(load: () => Promise<T>): () => Promise<T> {
  return () =>
    load().catch(async (error: unknown) => {
      throw (await serverAnswers()) ? error : new Error('Its code is on the server, which does not answer.');
    });
}

/** The pages that are chunks of their own. */
const LAZY = {
  explore: page(() => import('./pages/explore.tsx')),
  map: page(() => import('./pages/map.tsx')),
  compare: page(() => import('./pages/compare.tsx')),
  traceFile: page(() => import('./pages/trace-file.tsx')),
  service: page(() => import('./pages/service.tsx')),
  errors: page(() => import('./pages/errors.tsx')),
  metrics: page(() => import('./pages/metrics.tsx')),
  dashboards: page(() => import('./pages/dashboards.tsx')),
  dashboard: page(() => import('./pages/dashboard.tsx')),
  alerts: page(() => import('./pages/alerts.tsx')),
  sql: page(() => import('./pages/sql.tsx')),
  system: page(() => import('./pages/system.tsx')),
  tap: page(() => import('./pages/tap.tsx')),
  ottl: page(() => import('./pages/ottl.tsx')),
} as const;

const root = createRootRoute({ validateSearch, component: Frame, notFoundComponent: NotFound });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: ({ search, location }) => {
      if (isAlertmanagerPage(location.hash))
        throw redirect({ to: '/alerts', search: readScope({ ...search }), replace: true });
      throw redirect({ to: '/services', search: readScope({ ...search }), replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    component: ServicesPage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services/$service',
    component: lazyRouteComponent(LAZY.service, 'ServicePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/map',
    component: lazyRouteComponent(LAZY.map, 'MapPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces',
    component: TracesPage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces/$traceId',
    component: TracePage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/compare',
    component: lazyRouteComponent(LAZY.compare, 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/trace-file',
    component: lazyRouteComponent(LAZY.traceFile, 'TraceFilePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/logs',
    component: LogsPage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/errors',
    component: lazyRouteComponent(LAZY.errors, 'ErrorsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics',
    component: lazyRouteComponent(LAZY.metrics, 'MetricsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/dashboards',
    component: lazyRouteComponent(LAZY.dashboards, 'DashboardsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/dashboards/$uid',
    component: lazyRouteComponent(LAZY.dashboard, 'DashboardPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/alerts',
    component: lazyRouteComponent(LAZY.alerts, 'AlertsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/explore',
    component: lazyRouteComponent(LAZY.explore, 'ExplorePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sql',
    component: lazyRouteComponent(LAZY.sql, 'SqlPage'),
  }),
  ...(['/graph', '/query'] as const).map((path) =>
    createRoute({
      getParentRoute: () => root,
      path,
      beforeLoad: ({ location }) => {
        throw redirect({ to: '/metrics', search: readGraphLink(location.searchStr), replace: true });
      },
    }),
  ),
  createRoute({
    getParentRoute: () => root,
    path: '/system',
    component: lazyRouteComponent(LAZY.system, 'SystemPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tap',
    component: lazyRouteComponent(LAZY.tap, 'TapPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/ottl',
    component: lazyRouteComponent(LAZY.ottl, 'OttlPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/send',
    component: SendPage,
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...routes]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  // A new page's data replaces the old one in place; a flash of "loading" between two pages would only flicker.
  defaultPendingMs: 600,
  defaultErrorComponent: Broken,
  scrollRestoration: false,
});

/** Once the first page stands: a click on another one should not have to wait for its code. */
const LATER_MS = 1_500;

export function loadPagesLater(): void {
  for (const [place, load] of Object.values(LAZY).entries()) {
    // What could not be loaded is loaded again, and the failure shown, when its page is opened.
    window.setTimeout(() => void load().catch(() => undefined), LATER_MS + place * 200);
  }
}

declare module '@tanstack/react-router' {
  /** Gives links and navigation the addresses and parameters of these routes, which the compiler then checks. */
  interface Register {
    readonly router: typeof router;
  }
}
