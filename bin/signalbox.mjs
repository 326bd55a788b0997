#!/usr/bin/env node
// Runs under any Node from 20 on: hands over to the Node that this package pins, which runs the TypeScript sources as they are.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WANTED_MAJOR = 26;

function pinnedNode() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  const name = { linux: 'node-linux', darwin: 'node-bin-darwin' }[process.platform] ?? `node-${process.platform}`;
  for (let folder = root; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', `${name}-${process.arch}`, 'bin', 'node');
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

try {
  createRequire(import.meta.url).resolve('yaml');
} catch {
  console.error('signalbox: the packages that it needs are not installed yet');
  console.error(`  in ${root}: npm start, which installs, builds and starts, or npm ci`);
  process.exit(1);
}

const node = pinnedNode();
if (node === undefined) {
  console.error(
    `signalbox: needs Node ${WANTED_MAJOR}, this is ${process.version}, and the copy that comes with the package is missing`,
  );
  console.error('  install with optional dependencies (npm ci), or run with a newer Node');
  process.exit(1);
}

const cli = join(root, 'src', 'main', 'cli.ts');
if (node === process.execPath) {
  process.argv[1] = cli;
  await import(cli);
} else {
  // Parsed code is kept between starts, from the first line on: in the user's own cache, as src/base/compile-cache.ts has it.
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(cache, 'signalbox', 'compile-cache');
  const env = { ...process.env, NODE_COMPILE_CACHE };
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + 15));
}
