import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelMatcher } from '#lang/promql';
import { promqlUse } from '../../../src/main/lint/with/promql-use.ts';
import type { Processes } from '../processes.ts';
import { STAND_INS } from './stand-ins.ts';

/** Who reads the series of the collector's port 8889. */
export interface SeriesReader {
  /** How many series an expression gives. */
  count(expression: string): Promise<number>;
  /** The mistakes of rules, by their names; none of those that could be evaluated. */
  ruleMistakes(): Promise<readonly string[]>;
}

const PORT = 9095;

/** A real Prometheus that scrapes the collector each second and evaluates the rules. */
export async function startPrometheus(
  processes: Processes,
  program: string,
  folder: string,
  rules: string,
): Promise<SeriesReader> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [${JSON.stringify(rules)}]
scrape_configs:
  - job_name: otel-collector
    static_configs: [{targets: ['otel-collector:8889']}]
`,
  );
  await processes.start({
    name: 'Prometheus',
    command: program,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=0.0.0.0:${PORT}`,
    ],
    directory: folder,
    logFile: join(folder, 'prometheus.log'),
    ports: [PORT],
  });
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`http://${STAND_INS}:${PORT}/api/v1/${path}`)).json();
  return {
    async count(expression) {
      const answer = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {
        status: string;
        error?: string;
        data: { result: unknown[] };
      };
      if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result.length;
    },
    async ruleMistakes() {
      const { data } = (await ask('rules')) as {
        data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
      };
      const all = data.groups.flatMap((group) => group.rules);
      if (all.length === 0) throw new Error('there are no rules');
      return all.filter(({ health }) => health === 'err').map(({ name, lastError }) => `${name}: ${lastError}`);
    },
  };
}

/**
 * What stands on the page, without a Prometheus: an expression has as many series as its selector with the fewest. What an expression
 * computes is not looked at.
 */
export function pageReader(url: string): SeriesReader {
  return {
    async count(expression) {
      const series = (await (await fetch(url)).text())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      const counts = promqlUse(expression).selectors.map(
        ({ name, matchers }) =>
          series.filter((line) => line.replace(/[{ ].*/, '') === name && matchers.every((one) => fits(line, one)))
            .length,
      );
      return Math.min(...counts);
    },
    ruleMistakes: () => Promise.resolve([]),
  };
}

function fits(line: string, { name: label, operator, value }: LabelMatcher): boolean {
  const found = new RegExp(`[{,]${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(line)?.[1] ?? '';
  const isEqual = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(found) : found === value;
  return operator.startsWith('!') ? !isEqual : isEqual;
}
