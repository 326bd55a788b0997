import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestStore } from '../../src/query/testing/test-store.ts';
import { runCases } from './cases.ts';
import { runScript } from './promql/script.ts';
import { StoredScript } from './promql/store-source.ts';

const USAGE = `npm run conformance -- LANGUAGE FOLDER [--quiet]

  promql   runs every script of the folder (*.test, in the format of Prometheus' promqltest) over a store, twice: with all samples looked at
           in TypeScript (samples), and with ClickHouse finding what it can (sql)
  logql    runs every case of the folder (*.json: {"load": OTLP as JSON or a push of Loki's, or a list of such,
           "requests": [{"path", "params", "status", "expected"}]}) through the whole program, each with a store of its own
  traceql  the same with OTLP's spans and logs; paths may begin with /api, as Tempo's documentation has them, or with /tempo/api

It says per file how many passed and failed, and what was wrong, unless --quiet is given. The exit code is 0 if all passed, else 1.`;

interface Outcome {
  readonly name: string;
  readonly error: string | undefined;
}

interface Runner {
  readonly run: (file: string) => Promise<readonly Outcome[]>;
  readonly close: () => Promise<void>;
}

interface Language {
  readonly ending: string;
  readonly start: () => Promise<Runner>;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  promql: { ending: '.test', start: startPromql },
  logql: { ending: '.json', start: async () => casesRunner('') },
  traceql: { ending: '.json', start: async () => casesRunner('/tempo') },
};

/** `base`: the path of the API. */
function casesRunner(base: string): Runner {
  return {
    run: async (file) => (await runCases(file, base)).map(({ request, error }) => ({ name: request, error })),
    close: async () => undefined,
  };
}

async function startPromql(): Promise<Runner> {
  const store = await startTestStore();
  return {
    async run(file) {
      const outcomes: Outcome[] = [];
      for (const plan of ['samples', 'sql'] as const) {
        const found = await runScript(readFileSync(file, 'utf8'), new StoredScript(store, plan));
        outcomes.push(...found.map(({ line, text, error }) => ({ name: `${plan}, line ${line}: ${text}`, error })));
      }
      return outcomes;
    },
    close: () => store.close(),
  };
}

async function main([name, folder, ...flags]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    console.log(USAGE);
    return 0;
  }
  const language = name === undefined || !Object.hasOwn(LANGUAGES, name) ? undefined : LANGUAGES[name]!;
  if (language === undefined || folder === undefined) {
    console.error(USAGE);
    return 2;
  }
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(language.ending))
    .sort();
  if (files.length === 0) {
    console.error(`${folder}: no file ends in ${language.ending}`);
    return 2;
  }
  const runner = await language.start();
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const outcomes = await outcomesOf(runner, join(folder, file));
    const bad = outcomes.filter(({ error }) => error !== undefined);
    passed += outcomes.length - bad.length;
    failed += bad.length;
    console.log(`${file}: ${outcomes.length - bad.length} passed, ${bad.length} failed`);
    if (!flags.includes('--quiet')) for (const { name: what, error } of bad) console.log(`  ${what}\n    ${error}`);
  }
  await runner.close();
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** A file that can't be run at all is one failure. */
async function outcomesOf(runner: Runner, file: string): Promise<readonly Outcome[]> {
  try {
    return await runner.run(file);
  } catch (error) {
    return [{ name: 'the file', error: (error as Error).message }];
  }
}

process.exitCode = await main(process.argv.slice(2));
