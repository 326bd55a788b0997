import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EngineProcess, spawnEngine } from '#engine';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/signalbox/', import.meta.url));

/**
 * Puts into `dataDir` what `fill` makes in an engine. That is done once and kept, then copied: making a store's tables takes ten times as
 * long. `statements` is what it is made of: where that differs, it is made anew.
 */
export async function copyTemplate(
  dataDir: string,
  statements: readonly string[],
  fill: (engine: EngineProcess) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16);
  const folder = join(CACHE, `engine-${hash}`);
  if (!existsSync(folder)) await make(folder, fill);
  // Its links are relative, and stay so.
  cpSync(folder, dataDir, { recursive: true, verbatimSymlinks: true });
}

async function make(folder: string, fill: (engine: EngineProcess) => Promise<void>): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(`${folder}.`);
  const engine = await spawnEngine({ dataDir: made });
  try {
    await fill(engine);
  } finally {
    await engine.stop();
  }
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another test file was faster.
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
