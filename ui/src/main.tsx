import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { takeFirstAnswer } from './lib/first-answer.ts';
import { createQueryClient } from './lib/query-client.ts';
import { ThemeProvider } from './lib/theme.tsx';
import { loadPagesLater, router } from './router.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/widgets.css';
import './styles/pages.css';
import './styles/dashboard.css';
import './styles/trace.css';

const queryClient = createQueryClient();

async function start(): Promise<void> {
  // The router finds its page before React draws, so that the first thing drawn is the page and not an empty frame.
  await Promise.all([takeFirstAnswer(queryClient), router.load()]);
  const root = createRoot(document.getElementById('root')!);
  // In slices: the browser takes what is asked of it in between.
  startTransition(() =>
    root.render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <ThemeProvider>
            <RouterProvider router={router} />
          </ThemeProvider>
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
  loadPagesLater();
}

void start();
