/** The pages and their addresses. Each page is a chunk of its own, so that the first one needs no code of the others. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import {
  parseSearch,
  readLogsSearch,
  readMetricsSearch,
  readScope,
  readServiceSearch,
  readServicesSearch,
  readTraceSearch,
  readTracesSearch,
  stringifySearch,
} from './lib/search.ts';
import { Frame, NotFound } from './panels/frame.tsx';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    validateSearch: readScope,
    beforeLoad: ({ search }) => {
      throw redirect({ to: '/services', search: search as never, replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    validateSearch: readServicesSearch,
    component: lazyRouteComponent(() => import('./pages/services.tsx'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services/$service',
    validateSearch: readServiceSearch,
    component: lazyRouteComponent(() => import('./pages/service.tsx'), 'ServicePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces',
    validateSearch: readTracesSearch,
    component: lazyRouteComponent(() => import('./pages/traces.tsx'), 'TracesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces/$traceId',
    validateSearch: readTraceSearch,
    component: lazyRouteComponent(() => import('./pages/trace.tsx'), 'TracePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/logs',
    validateSearch: readLogsSearch,
    component: lazyRouteComponent(() => import('./pages/logs.tsx'), 'LogsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics',
    validateSearch: readMetricsSearch,
    component: lazyRouteComponent(() => import('./pages/metrics.tsx'), 'MetricsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/system',
    validateSearch: readScope,
    component: lazyRouteComponent(() => import('./pages/system.tsx'), 'SystemPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/send',
    validateSearch: readScope,
    component: lazyRouteComponent(() => import('./pages/send.tsx'), 'SendPage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...routes]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  // A new page's data replaces the old one in place; a flash of "loading" between two pages would only flicker.
  defaultPendingMs: 600,
  scrollRestoration: false,
});
