import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileCacheFolder } from './compile-cache.ts';

test("is in the user's cache, or where the user said", () => {
  expect(compileCacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/signalbox/compile-cache');
  expect(compileCacheFolder({ NODE_COMPILE_CACHE: '/n', XDG_CACHE_HOME: '/c' })).toBe('/n');
  expect(compileCacheFolder({})).toMatch(/^(?!\/tmp).*\/\.cache\/signalbox\/compile-cache$/);
});

test('the program keeps nothing that it runs in the folder for temporary files', () => {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-cache-'));
  try {
    const cli = fileURLToPath(new URL('../main/cli.ts', import.meta.url));
    const { NODE_COMPILE_CACHE: _, ...environment } = process.env;
    const env = { ...environment, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: home };
    expect(spawnSync(process.execPath, [cli, 'version'], { env }).status).toBe(0);
    expect(existsSync(join(home, 'cache', 'signalbox', 'compile-cache'))).toBe(true);
    expect(existsSync(join(home, 'node-compile-cache'))).toBe(false);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
