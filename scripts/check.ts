import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What must pass before a commit. The static checks run side by side, each says how long it took, and one that fails shows what it
 * printed; the type checker keeps what it knows in node_modules/.cache, so a second run looks only at what changed. Then the tests, unless
 * `--quick` is given. Run by `npm run check` and `.ci/run`.
 */

const root = fileURLToPath(new URL('../', import.meta.url));
const bin = join(root, 'node_modules/.bin');
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run'];

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
const HOUSE_RULES = ['tidy', 'references', 'exports', 'singletons', 'check-layers', 'docs'].map(
  (name) => `scripts/${name}.test.ts`,
);
const STATIC: readonly Check[] = [
  { name: 'layers', command: process.execPath, args: ['scripts/check-layers.ts'] },
  { name: 'lint', command: join(bin, 'biome'), args: ['check', '.', '--diagnostic-level=error'] },
  { name: 'types', command: join(bin, 'tsc'), args: ['-p', 'tsconfig.json'] },
  { name: 'types of the console', command: join(bin, 'tsc'), args: ['-p', 'ui/tsconfig.json'] },
  { name: 'house rules', command: process.execPath, args: [...vitest, '--silent=true', ...HOUSE_RULES] },
];

/** Some cases of each suite: all of them are among the tests. */
const COMPARISON: Check = {
  name: 'a sample of what is compared with otelcol',
  command: process.execPath,
  args: [...vitest, '--silent=true', 'test/compare/compare.test.ts'],
  env: { COMPARE_SAMPLE: '20' },
};

function run(
  { command, args, env }: Check,
  output: 'pipe' | 'inherit',
): Promise<{ isPassed: boolean; printed: string }> {
  const stdio = ['ignore', output, output] as const;
  const child = spawn(command, args, { cwd: root, stdio: [...stdio], env: { ...process.env, ...env } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (printed += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ isPassed: code === 0, printed }));
  });
}

async function staticCheck(check: Check): Promise<boolean> {
  const beginMs = performance.now();
  const { isPassed, printed } = await run(check, 'pipe');
  const seconds = ((performance.now() - beginMs) / 1000).toFixed(1);
  console.log(`${isPassed ? 'passed' : 'FAILED'}  ${check.name}, ${seconds} s`);
  if (!isPassed) console.log(printed.trimEnd());
  return isPassed;
}

const folders = process.argv.slice(2).filter((argument) => argument !== '--quick');
const isQuick = process.argv.includes('--quick');
let isPassed = (await Promise.all((isQuick ? [...STATIC, COMPARISON] : STATIC).map(staticCheck))).every(Boolean);
if (isPassed && !isQuick) {
  isPassed = (await run({ name: 'tests', command: process.execPath, args: [...vitest, ...folders] }, 'inherit'))
    .isPassed;
}
process.exitCode = isPassed ? 0 : 1;
