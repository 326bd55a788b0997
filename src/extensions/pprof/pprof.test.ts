import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type FakeSettings, fakeSettings } from '#component/testing.ts';
import { pprofSchema } from './config.ts';
import { pprofFactory } from './index.ts';
import type { Pprof } from './pprof.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  block: object = {},
): Promise<{ pprof: Pprof; settings: FakeSettings; get: (path: string) => Promise<Response> }> {
  const settings = fakeSettings({ id: 'pprof' });
  const pprof = pprofFactory.create(settings, pprofSchema.parse({ endpoint: '127.0.0.1:0', ...block })) as Pprof;
  await pprof.start();
  undo.push(() => pprof.shutdown(100));
  return { pprof, settings, get: (path) => fetch(`http://${pprof.address}${path}`) };
}

test.each([
  ['/debug/pprof/profile?seconds=0', 'nodes'],
  ['/debug/pprof/heap?seconds=0', 'head'],
])('%s is a profile of V8', async (path, key) => {
  const { settings, get } = await start();
  const asked = get(path);
  let answer: Response | undefined;
  void asked.then((response) => {
    answer = response;
  });
  while (answer === undefined) {
    await settings.clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveProperty(key);
});

test('one at a time, and the end of the extension ends it', async () => {
  const { pprof, get } = await start();
  const first = get('/debug/pprof/profile?seconds=60').catch(() => undefined);
  const second = get('/debug/pprof/heap?seconds=60').catch(() => undefined);
  // Whichever came first is being made, and the other was refused.
  expect(await Promise.race([first, second])).toMatchObject({ status: 503 });
  await pprof.shutdown(100);
  await Promise.all([first, second]);
});

test('says what there is, and nothing elsewhere', async () => {
  const { get } = await start();
  expect(await (await get('/debug/pprof/')).text()).toContain('/debug/pprof/heap');
  expect((await get('/')).status).toBe(404);
});

test('a profile of the whole run is saved at its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-pprof-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'a.cpuprofile');
  const { pprof } = await start({ save_to_file: file });
  await pprof.shutdown(100);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('nodes');
});
