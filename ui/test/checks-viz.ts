/** That whatever has only the name of a drawing and a frame, such as a panel of a dashboard, gets it drawn. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { type Check, expectEventually } from './check.ts';

const GALLERY = fileURLToPath(new URL('viz', import.meta.url));
const BASE = '/viz-gallery/';

export const VIZ_CHECKS: readonly Check[] = [
  {
    name: 'every type of drawing of the registry draws a frame made by hand',
    run: async ({ page, baseUrl }) => {
      const dir = await mkdtemp(join(tmpdir(), 'signalbox-viz-'));
      try {
        await build({
          configFile: false,
          root: GALLERY,
          base: BASE,
          logLevel: 'error',
          build: { outDir: dir, emptyOutDir: true, target: 'esnext', minify: false, reportCompressedSize: false },
        });
        await page.route(`${baseUrl}${BASE}**`, (route) => {
          const path = new URL(route.request().url()).pathname.slice(BASE.length);
          return route.fulfill({ path: join(dir, path === '' ? 'index.html' : path) });
        });
        await page.goto(`${baseUrl}${BASE}`);
        await page.locator('section[data-type]').first().waitFor();
        const placed = await page
          .locator('section[data-type]')
          .evaluateAll((sections) => sections.map((section) => ({ ...(section as HTMLElement).dataset })));
        assert.ok(placed.length >= 12, 'all types are placed');
        for (const { type, word = '', canvas } of placed) {
          const section = page.locator(`section[data-type="${type}"]`);
          if (word !== '') await section.getByText(word, { exact: false }).first().waitFor();
          // Anything else than one colour.
          if (canvas === 'true')
            await expectEventually(() => section.locator('canvas').first().evaluate(HAS_PIXELS), true);
        }
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
  },
];

const HAS_PIXELS = (canvas: Element): boolean => {
  if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0 || canvas.height === 0) return false;
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels?.some((byte) => byte !== 0) === true;
};
