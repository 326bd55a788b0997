// What `npm start`, `npm test` and the other scripts run. Plain JavaScript for Node 20 and later, without dependencies: it installs the
// packages when they are missing or the lock file has changed, builds the console when its sources have changed, and goes on with the
// Node version that the packages bring along.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules/.bin');
const node = join(bin, 'node');
const stamps = join(root, 'node_modules/.cache/signalbox');

const [task = '', ...rest] = process.argv.slice(2);
const tasks = {
  start: () => run(node, ['src/main/cli.ts', 'up', ...rest]),
  demo: () => run(node, ['scripts/demo.ts', ...rest]),
  test: () => run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...rest]),
  bench: () => run(node, ['bench/run.ts', ...rest]),
  chaos: () => run(node, ['test/chaos/run.ts', ...rest]),
  compare: () => run(node, ['test/compare/run.ts', ...rest]),
  conformance: () => run(node, ['test/conformance/run.ts', ...rest]),
  check: () => run(node, ['scripts/check.ts', ...rest]),
  new: () => run(node, ['scripts/new.ts', ...rest]),
  docs: () => run(node, ['scripts/docs.ts', ...rest]),
};

/** What `npm run … -- --help` prints; where a program with flags of its own runs, its help comes behind it. */
const helps = {
  start: {
    text: 'npm start [-- FLAGS]\n\nInstalls packages and builds the console where that is needed, then runs signalbox up.\n',
    program: ['src/main/cli.ts', 'up', '--help'],
  },
  demo: {
    text: 'npm run demo [-- FLAGS]\n\nLike npm start, with live traffic of a small shop: --rate N, --duration SECONDS, --seed N. Other flags are those of signalbox up.\n',
    program: ['src/main/cli.ts', 'up', '--help'],
  },
  test: {
    text:
      'npm test [-- FOLDER ...] [-- FLAGS]\n\nUnit, property, conformance, end-to-end and chaos tests, or those of some folders: npm test -- src/wire.\n' +
      'Takes all flags of vitest run, for example -t NAME for the tests with a name.',
  },
  bench: { program: ['bench/run.ts', '--help'] },
  chaos: { program: ['test/chaos/run.ts', '--help'] },
  compare: { program: ['test/compare/run.ts', '--help'] },
  conformance: { program: ['test/conformance/run.ts', '--help'] },
  check: {
    text:
      'npm run check [-- --quick | FOLDER ...]\n\nWhat must pass before a commit: layers, lint, types, house rules, then the tests.\n' +
      '--quick leaves out the tests, folders limit them.',
  },
  new: {
    text:
      'npm run new -- KIND NAME\n\nMakes the folder of a component that passes all checks, and its line in src/main/components.ts.\n' +
      'KIND is receiver, processor, exporter, connector or extension.',
  },
  docs: {
    text: 'npm run docs\n\nMakes the tables of keys and the pages of docs/components from the factories and schemas of the components.',
  },
};

if (task === '--help' || task === '-h') {
  console.log(
    `node scripts/bootstrap.mjs TASK [FLAGS]\n\nTasks: ${Object.keys(tasks).join(', ')}; TASK --help says more.`,
  );
  process.exit(0);
}
if (!Object.hasOwn(tasks, task)) {
  fail(`unknown task "${task}", use one of ${Object.keys(tasks).join(', ')}`, 2);
}
if (rest.includes('--help') || rest.includes('-h')) {
  const { text, program } = helps[task];
  if (text !== undefined) console.log(text);
  if (program !== undefined) {
    install();
    process.exitCode = await run(node, program);
  }
} else {
  install();
  if (!['check', 'compare', 'conformance', 'docs', 'new'].includes(task)) buildConsole();
  process.exitCode = await tasks[task]();
}

/** Installs what the lock file says unless it is installed. */
function install() {
  const wanted = hashOf([join(root, 'package-lock.json')]);
  if (existsSync(node) && stampOf('install') === wanted) return;
  say('installing packages');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'development' },
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail('installing the packages failed; see above');
  if (!existsSync(node))
    fail(`no Node 26 for ${process.platform}-${process.arch} among the packages; install Node 26 and run again`);
  writeStamp('install', wanted);
}

/** Builds ui/dist unless it was built from these very sources. */
function buildConsole() {
  const sources = ['ui/src', 'ui/public', 'src/base', 'src/lang', 'src/api/console'].flatMap((folder) =>
    filesBelow(join(root, folder)),
  );
  const wanted = hashOf([
    ...sources,
    join(root, 'ui/index.html'),
    join(root, 'ui/vite.config.ts'),
    join(root, 'package-lock.json'),
  ]);
  if (existsSync(join(root, 'ui/dist/index.html')) && stampOf('console') === wanted) return;
  say('building the console');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const done = spawnSync(node, [vite, 'build', 'ui', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) fail('building the console failed; see above');
  writeStamp('console', wanted);
}

function run(command, args) {
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? stamps,
  };
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? (signal ? 130 : 1))));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    if (!existsSync(file)) continue;
    hash.update(file.slice(root.length));
    hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}

function stampOf(name) {
  const file = join(stamps, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}

function say(message) {
  console.error(`signalbox: ${message} …`);
}

function fail(message, code = 1) {
  console.error(`signalbox: ${message}`);
  process.exit(code);
}
