/** Debian's chromium by playwright-core: how the tests open the console. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export type Theme = 'dark' | 'light';

export interface Console {
  readonly page: Page;
  readonly baseUrl: string;
  /** Problems that the page reported: exceptions and errors on its log. */
  readonly problems: readonly string[];
  /** Opens an address of the console and waits until its requests are answered. */
  open(path: string): Promise<void>;
  close(): Promise<void>;
}

const ARGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...ARGS] });
}

export async function openConsole(
  browser: Browser,
  baseUrl: string,
  theme: Theme = 'dark',
  viewport: { readonly width: number; readonly height: number } = { width: 1440, height: 900 },
): Promise<Console> {
  const context: BrowserContext = await browser.newContext({
    viewport,
    colorScheme: theme,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    // Answers such as 503 are logged by the browser itself; the tests ask for them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(baseUrl) && !request.url().startsWith('data:'))
      problems.push(`request to another host: ${request.url()}`);
  });
  return {
    page,
    baseUrl,
    problems,
    open: async (path) => {
      await page.goto(`${baseUrl}${path}`);
      // A live tap is an answer that goes on.
      if (!path.startsWith('/tap?')) await page.waitForLoadState('networkidle');
    },
    close: async () => {
      // A request that a check intercepts may still be on its way; its handler's failure is not this check's.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    },
  };
}
