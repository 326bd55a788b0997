/**
 * The pages and their addresses. The pages with charts of uPlot are chunks of their own; the others are small and come
 * with the first, because one more round trip costs more than their code.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { parseSearch, readScope, stringifySearch, validateSearch } from './lib/search.ts';
import { LogsPage } from './pages/logs.tsx';
import { SendPage } from './pages/send.tsx';
import { ServicesPage } from './pages/services.tsx';
import { TracePage } from './pages/trace.tsx';
import { TracesPage } from './pages/traces.tsx';
import { Broken, Frame, NotFound } from './panels/frame.tsx';

/** The pages that are chunks of their own. */
const LAZY = {
  service: () => import('./pages/service.tsx'),
  metrics: () => import('./pages/metrics.tsx'),
  system: () => import('./pages/system.tsx'),
  tap: () => import('./pages/tap.tsx'),
  ottl: () => import('./pages/ottl.tsx'),
} as const;

const root = createRootRoute({ validateSearch, component: Frame, notFoundComponent: NotFound });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: ({ search }) => {
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
    path: '/logs',
    component: LogsPage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics',
    component: lazyRouteComponent(LAZY.metrics, 'MetricsPage'),
  }),
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
