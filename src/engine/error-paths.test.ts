import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { post, startTestEngine, temporaryFolder } from './testing.ts';

test('an error of the file system does not tell where the data folder is', async () => {
  const folder = temporaryFolder();
  const engine = await startTestEngine({ dataDir: folder.path, flags: ['--inline-bytes', '1024'] });
  try {
    await post(engine.address, 'CREATE TABLE t (a String) ENGINE = Memory');
    rmSync(join(folder.path, 'tmp'), { recursive: true });
    const answer = await post(engine.address, `INSERT INTO t FORMAT TabSeparated\n${'x\n'.repeat(5000)}`);
    expect(answer.text).toMatch(/^Code: \d+\. .*\[data folder\]/);
    expect(answer.text).not.toContain(folder.path);
  } finally {
    await engine.stop();
    folder.remove();
  }
});
