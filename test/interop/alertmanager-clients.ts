import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertEqual, assertThat, type Report, until } from './report.ts';
import type { Signalbox } from './signalbox.ts';

/** Alertmanager's own tool: amtool tells alerts, silences them, and lists both. */

const BUILT = join(import.meta.dirname, '.work/alertmanager/amtool');
const ARRIVAL_LIMIT_MS = 60_000;
const run = promisify(execFile);

/** Built by run.sh, or on the PATH. */
async function amtoolProgram(): Promise<string | undefined> {
  if (existsSync(BUILT)) return BUILT;
  return run('amtool', ['--version']).then(
    () => 'amtool',
    () => undefined,
  );
}

export async function checkAmtool(report: Report, signalbox: Signalbox): Promise<void> {
  const program = await amtoolProgram();
  if (program === undefined) {
    report.skip('amtool silences and lists', 'it is not there; INTEROP_PROMETHEUS=build has run.sh build it');
    return;
  }
  const url = `${signalbox.consoleUrl}/alertmanager`;
  const amtool = async (...args: readonly string[]): Promise<string> =>
    (await run(program, [`--alertmanager.url=${url}`, ...args])).stdout.trim();
  const alerts = async (...args: readonly string[]): Promise<readonly string[]> =>
    (JSON.parse(await amtool('alert', 'query', '--output=json', ...args)) as { labels: { alertname: string } }[])
      .map(({ labels }) => labels.alertname)
      .sort();

  let silence = '';
  await report.check('amtool adds a silence, once the store keeps it', async () => {
    silence = await until(
      ARRIVAL_LIMIT_MS,
      () => amtool('silence', 'add', 'alertname=Noise', '--author=interop', '--comment=known').catch(() => ''),
      (id) => id !== '',
    );
    assertThat(/^[\da-f-]{36}$/.test(silence), `silence add: ${silence}`);
    assertEqual(await amtool('silence', 'query', '--quiet'), silence, 'silence query');
  });
  await report.check('amtool tells alerts, and lists those that are silenced by themselves', async () => {
    await amtool('alert', 'add', 'alertname=Down', 'job=api', '--annotation=summary=it is down');
    await amtool('alert', 'add', 'alertname=Noise');
    assertEqual(await alerts(), ['Down'], 'alert query');
    assertEqual(await alerts('--silenced'), ['Noise'], 'alert query --silenced');
    assertEqual(await alerts('job=api'), ['Down'], 'alert query job=api');
  });
  await report.check('amtool ends a silence', async () => {
    await amtool('silence', 'expire', silence);
    assertEqual(await amtool('silence', 'query', '--quiet'), '', 'silence query');
    assertEqual(await amtool('silence', 'query', '--expired', '--quiet'), silence, 'silence query --expired');
    assertEqual(await alerts(), ['Down', 'Noise'], 'alert query');
  });
  await report.check('amtool shows the configuration and its routes', async () => {
    assertThat((await amtool('config', 'show')).includes('receiver: nobody'), 'config show');
    assertEqual(await amtool('config', 'routes', 'test', 'alertname=Down'), 'nobody', 'config routes test');
  });
}
