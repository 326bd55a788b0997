import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settleEnvironment } from './environment.ts';
import { fetchEngine, startTestEngine, temporaryFolder } from './testing.ts';

describe('settleEnvironment', () => {
  test('keeps what the process needs, drops what ClickHouse would take for its own', () => {
    const environment: Record<string, string | undefined> = {
      PATH: '/bin',
      SIGNALBOX_DATA: '/data',
      LD_PRELOAD: 'x.so',
      https_proxy: 'http://proxy:1',
      TZ: 'CET-1CEST',
      TZDIR: '/nowhere',
      MALLOC_CONF: 'background_thread:false',
      CLICKHOUSE_PASSWORD: 'x',
      LC_ALL: 'xx_YY',
    };
    settleEnvironment(environment);
    expect(environment).toEqual({
      PATH: '/bin',
      SIGNALBOX_DATA: '/data',
      LD_PRELOAD: 'x.so',
      https_proxy: 'http://proxy:1',
      TZ: 'UTC',
    });
  });
});

describe('the engine whatever the environment says', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const before = process.env.TZ;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
    folder.remove();
  });

  test.each(['CET-1CEST', 'Nowhere/Land', 'America/New_York'])('starts in UTC with TZ=%s', async (zone) => {
    process.env.TZ = zone;
    const engine = await startTestEngine({ dataDir: folder.path });
    try {
      const answer = await fetchEngine(engine.address, '/', { method: 'POST', body: 'SELECT timezone()' });
      expect(await answer.text()).toBe('UTC\n');
    } finally {
      await engine.stop();
    }
  });
});
