/** Places every drawing of the registry by the name of its type with a frame made by hand, as a dashboard would. */
import { QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { type ComponentType, createElement, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from '../../src/lib/query-client.ts';
import { ThemeProvider } from '../../src/lib/theme.tsx';
import { isVizType, VIZ, type VizProps, type VizType } from '../../src/viz/registry.ts';
import { SAMPLES } from './frames.ts';
import '../../src/styles/tokens.css';
import '../../src/styles/base.css';
import '../../src/styles/widgets.css';
import '../../src/styles/pages.css';
import '../../src/styles/trace.css';

function Placed<T extends VizType>({ type }: { readonly type: T }) {
  const { props, word = '', isCanvas = false } = SAMPLES[type];
  return (
    <section
      data-type={type}
      data-word={word}
      data-canvas={isCanvas}
      style={{ width: 640, height: 240, display: 'flex', flexDirection: 'column' }}
    >
      <Suspense>{createElement(VIZ[type] as ComponentType<VizProps[T]>, props as VizProps[T])}</Suspense>
    </section>
  );
}

function Gallery() {
  return Object.keys(VIZ)
    .filter(isVizType)
    .map((type) => <Placed key={type} type={type} />);
}

const router = createRouter({
  routeTree: createRootRoute({ component: Gallery }),
  history: createMemoryHistory(),
});

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={createQueryClient()}>
    <ThemeProvider>
      <RouterProvider<typeof router> router={router} />
    </ThemeProvider>
  </QueryClientProvider>,
);
