import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestEngine } from './test-store.ts';

export type Damage = 'flipped bytes' | 'empty marks' | 'cut data';

/** Damages the files of a part in the engine's folder, as a bad disk or one that was full does. */
export function damagePart(path: string, damage: Damage): void {
  for (const name of readdirSync(path)) {
    const file = join(path, name);
    if (damage === 'empty marks' && /^data\.c?mrk/.test(name)) writeFileSync(file, '');
    if (name !== 'data.bin' || damage === 'empty marks') continue;
    const bytes = readFileSync(file);
    if (damage === 'cut data') writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    else
      writeFileSync(
        file,
        bytes.map((byte, i) => (i % 100 < 50 ? byte ^ 0x5a : byte)),
      );
  }
}

/** The folder of the newest active part of a table. */
export async function newestPartOf(engine: TestEngine, table: string): Promise<string> {
  return await engine.text(
    `SELECT path FROM system.parts WHERE database = 'signalbox' AND table = '${table}' AND active AND rows > 0
      ORDER BY max_block_number DESC, modification_time DESC LIMIT 1`,
  );
}

/** Damages the newest part of a table, and makes the engine forget what it knows of its files. */
export async function damageNewest(engine: TestEngine, table: string, damage: Damage): Promise<void> {
  damagePart(await newestPartOf(engine, table), damage);
  for (const cache of ['MARK CACHE', 'UNCOMPRESSED CACHE', 'QUERY CONDITION CACHE'])
    await engine.text(`SYSTEM CLEAR ${cache}`);
}
