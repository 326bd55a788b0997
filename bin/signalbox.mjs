#!/usr/bin/env node
// Starts Signalbox with the Node version that it is made for, whatever version runs this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'src/main/cli.ts');
const pinned = join(root, 'node_modules/.bin/node');
const major = Number(process.versions.node.split('.')[0]);

if (major >= 26) {
  await import(cli);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
} else {
  console.error(
    `signalbox: needs Node 26 and found ${process.version}; run \`npm ci\` in ${root}, which brings it along`,
  );
  process.exit(1);
}
