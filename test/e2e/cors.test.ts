import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, runReceiver } from '../../src/receivers/otlp/testing/receiver.ts';
import { otlpJson, tracesRequest } from '../lib/otlp.ts';

/** What the README promises to pages of another origin, asked of a real browser. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

describe.runIf(existsSync(CHROMIUM))('a page of another origin', { timeout: 120_000 }, () => {
  let browser: Browser;
  let pages: Server;
  let origin: string;
  beforeAll(async () => {
    pages = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>shop</title>');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    pages.closeAllConnections();
    await new Promise((resolve) => pages.close(resolve));
  });

  /** Sends one trace from the page, as an SDK for browsers does: JSON with a header of the user's. */
  async function sendFromPage(running: Running): Promise<string> {
    const page = await browser.newPage();
    try {
      await page.goto(origin);
      const request = tracesRequest('shop-frontend', [{ traceId: '0af7651916cd43dd8448eb211c80319c' }]);
      const body = JSON.stringify(otlpJson(request));
      return await page.evaluate(
        async ([url, text]) => {
          try {
            const headers = { 'content-type': 'application/json', 'x-shop': 'front' };
            const answer = await fetch(url!, { method: 'POST', headers, body: text! });
            return `${answer.status} ${await answer.text()}`;
          } catch (error) {
            return String(error);
          }
        },
        [`${running.httpUrl}/v1/traces`, body],
      );
    } finally {
      await page.close();
    }
  }

  test.each([
    {
      name: 'whose origin is allowed may send',
      cors: (from: string) => ({ allowed_origins: [from], allowed_headers: ['x-shop', 'content-type'] }),
      answer: /^200 \{/,
    },
    {
      name: 'may send where any origin is allowed',
      cors: () => ({ allowed_origins: ['*'], allowed_headers: ['*'] }),
      answer: /^200 \{/,
    },
    {
      name: 'may not send a header that is not allowed',
      cors: (from: string) => ({ allowed_origins: [from] }),
      answer: /^TypeError/,
    },
    {
      name: 'may not send from an origin that is not allowed',
      cors: () => ({ allowed_origins: ['https://shop.example'] }),
      answer: /^TypeError/,
    },
    { name: 'may not send without the block', cors: () => undefined, answer: /^TypeError/ },
  ])('$name', async ({ cors, answer }) => {
    const block = cors(origin);
    const running = await runReceiver({ http: block === undefined ? {} : { cors: block } });
    try {
      expect(await sendFromPage(running)).toMatch(answer);
      expect(running.pipelines.traces.batches.length).toBe(answer.source.startsWith('^200') ? 1 : 0);
    } finally {
      await running.receiver.shutdown(1000);
    }
  });
});
