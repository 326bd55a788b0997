import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineProcess, spawnEngine } from '#engine';

/** A page of another origin, open in a browser on this machine, asks the engine's port in every way that needs no permission of it. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const WAYS = [
  'img',
  'script',
  'link',
  'iframe',
  'form by GET',
  'form by POST',
  'fetch no-cors by GET',
  'fetch no-cors by POST',
  'beacon',
] as const;
type Way = (typeof WAYS)[number];

interface Attempt {
  readonly statement: string;
  /** Whether the request names a session. */
  readonly session: boolean;
}

describe.runIf(existsSync(CHROMIUM))('a page of another origin', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-page-'));
  const canary = join(folder, 'canary');
  let engine: EngineProcess;
  let browser: Browser;
  let pages: Server;
  let origin: string;

  beforeAll(async () => {
    mkdirSync(canary);
    engine = await spawnEngine({ dataDir: join(folder, 'data') });
    pages = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>shop</title><body><script>${ATTACK}</script></body>`);
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    pages?.closeAllConnections();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a statement from the page; resolves when the engine has answered, with the statuses of its answers. */
  async function sendFromPage(
    way: Way,
    { statement, session }: Attempt,
    login: Readonly<Record<string, string>>,
  ): Promise<number[]> {
    const page = await browser.newPage();
    const statuses: number[] = [];
    try {
      await page.goto(origin);
      const answered = page.waitForEvent('response', (response) => response.url().startsWith(engine.address));
      page.on('response', (response) => {
        if (response.url().startsWith(engine.address)) statuses.push(response.status());
      });
      const url = (parameters: Record<string, string>): string =>
        `${engine.address}/?${new URLSearchParams({ ...parameters, ...login })}`;
      const withQuery = url({ query: statement, ...(session && { session_id: `page-${way}` }) });
      await page.evaluate(`attack(${JSON.stringify({ way, withQuery, bare: url({}), statement })})`);
      await answered;
      return statuses;
    } finally {
      await page.close();
    }
  }

  describe.each([
    { who: 'without credentials', login: (): Record<string, string> => ({}) },
    { who: 'that knows the password of the writer', login: writerLogin },
  ])('$who', ({ login }) => {
    test.each(WAYS)('does nothing by %s', async (way) => {
      const path = join(canary, way.replaceAll(' ', '-'));
      const table = `page_${way.replaceAll(/\W/g, '_')}`;
      const attempts: readonly Attempt[] = [
        // What it does is hidden from a reader of names.
        { statement: `INSERT INTO FUNCTION \`\\x66ile\`('${path}', 'CSV', 'a String') SELECT 'x'`, session: false },
        // That it does more than a SELECT is hidden from a reader of quotes.
        { statement: `SELECT 1 AS “'”; CREATE TABLE default.${table} (a UInt8) ENGINE = Memory -- '`, session: true },
      ];
      for (const attempt of attempts) {
        const statuses = await sendFromPage(way, attempt, login());
        expect(statuses.length).toBeGreaterThan(0);
        expect(statuses.every((status) => status >= 400)).toBe(true);
      }
      expect(readdirSync(canary)).toEqual([]);
      expect(await tablesOfPages()).toBe('0');
    });
  });

  function writerLogin(): Record<string, string> {
    const { username, password } = engine.access.signalbox;
    return { user: username, password };
  }

  async function tablesOfPages(): Promise<string> {
    const { username, password } = engine.access.signalbox;
    const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
    const body = "SELECT count() FROM system.tables WHERE name LIKE 'page%'";
    return (await (await fetch(engine.address, { method: 'POST', headers, body })).text()).trim();
  }
});

/** What the page has in it: sends a statement in one of the ways. */
const ATTACK = `
function attack({ way, withQuery, bare, statement }) {
  const add = (name, properties) => document.body.append(Object.assign(document.createElement(name), properties));
  const submit = (method, action, fields) => {
    const form = Object.assign(document.createElement('form'), { method, action, enctype: 'text/plain' });
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement('input'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  };
  const send = (address, init) =>
    void fetch(address, { mode: 'no-cors', credentials: 'include', ...init }).catch(() => undefined);
  if (way === 'img' || way === 'script' || way === 'iframe') add(way, { src: withQuery });
  else if (way === 'link') add('link', { rel: 'stylesheet', href: withQuery });
  else if (way === 'form by GET') submit('get', withQuery, Object.fromEntries(new URL(withQuery).searchParams));
  else if (way === 'form by POST') submit('post', bare, { [statement + ' --']: 'x' });
  else if (way === 'fetch no-cors by GET') send(withQuery, {});
  else if (way === 'fetch no-cors by POST') send(bare, { method: 'POST', body: statement });
  else navigator.sendBeacon(bare, statement);
}`;
