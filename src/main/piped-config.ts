import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, withConfig } from './flags.ts';

/**
 * The flags with what pipes say in files (`--config <(…)`): a pipe can be read once, and each role reads the configuration for itself, some
 * of them again later. The files are their owner's alone, and go with this process.
 */
export async function keepPiped(flags: Flags): Promise<Flags> {
  if (flags.config.length === 0) return flags;
  const { isPipe, readConfigFile, splitUri } = await import('#config');
  const uris: string[] = [];
  let folder: string | undefined;
  for (const uri of flags.config) {
    const { scheme, rest } = splitUri(uri, 'file');
    if (scheme !== 'file' || !(await isPipe(rest))) {
      uris.push(uri);
      continue;
    }
    const bytes = await readConfigFile(rest);
    folder ??= privateFolder();
    const path = join(folder, `config-${uris.length}.yaml`);
    writeFileSync(path, bytes, { mode: 0o600 });
    uris.push(path);
  }
  return folder === undefined ? flags : withConfig(flags, uris);
}

function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-config-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
