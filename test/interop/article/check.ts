import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Processes } from '../processes.ts';
import { assertThat, Report, until } from '../report.ts';
import { checkFixed } from './check-fixed.ts';
import { checkUnchanged } from './check-unchanged.ts';
import { pageReader, startPrometheus } from './series.ts';
import { CLI, type Setting, startCollector } from './setting.ts';
import { JaegerStandIn, KubernetesStandIn, LegacyServiceStandIn, LokiStandIn, STAND_INS } from './stand-ins.ts';
import { sendDurations, sendLogs, sendTraces } from './traffic.ts';

const ARTICLE = join(import.meta.dirname, '../../../../shared/article');
const FILES = ['otel-collector-config.yaml', 'otel-rules.yaml', 'grafana-dashboard.json'];
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const SCRAPES = 6;
const START_MS = 30_000;

/** The certificate of the Kubernetes API, and the files of the pod's account that name it. */
function makeAccount(folder: string): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(folder, 'api.crt'), join(folder, 'api.key')];
  const subject = ['-subj', '/CN=kubernetes', '-addext', `subjectAltName=IP:${STAND_INS}`];
  const keys = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', ...keys, ...subject], { stdio: 'pipe' });
  mkdirSync(ACCOUNT, { recursive: true });
  copyFileSync(certFile, join(ACCOUNT, 'ca.crt'));
  writeFileSync(join(ACCOUNT, 'token'), KubernetesStandIn.token);
  writeFileSync(join(ACCOUNT, 'namespace'), 'monitoring');
  return { certFile, keyFile };
}

/** Copies the article's files; with `fix` as `signalbox lint --in-place` makes them. */
function prepareFiles(folder: string, fix: boolean): void {
  mkdirSync(folder);
  for (const name of FILES) copyFileSync(join(ARTICLE, name), join(folder, name));
  if (!fix) return;
  const others = FILES.slice(1).join(',');
  const args = [CLI, 'lint', FILES[0]!, '--with', others, '--in-place'];
  console.log(
    execFileSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trimEnd(),
  );
}

/** Runs one form of the article's files: sends what services send, waits, and lets `check` look at what arrived. */
async function runForm(
  folder: string,
  tls: { readonly certFile: string; readonly keyFile: string },
  fix: boolean,
  check: (setting: Setting) => Promise<void>,
): Promise<void> {
  const processes = new Processes();
  const kubernetes = await KubernetesStandIn.start(tls);
  const [jaeger, loki, legacy] = [
    await new JaegerStandIn().start(),
    await new LokiStandIn().start(),
    await new LegacyServiceStandIn().start(),
  ];
  try {
    prepareFiles(folder, fix);
    const config = join(folder, FILES[0]!);
    const collector = await startCollector(config, folder);
    try {
      const program = process.env.PROMETHEUS ?? '';
      const series =
        program === ''
          ? pageReader('http://otel-collector:8889/metrics')
          : await startPrometheus(processes, program, join(folder, 'prometheus'), join(folder, FILES[1]!));
      const watches = await until(
        START_MS,
        () => Promise.resolve(kubernetes.watchCount),
        (count) => count > 0,
      );
      assertThat(watches > 0, 'the collector watches nothing of the Kubernetes API');
      const traces = await sendTraces();
      await sendLogs();
      for (let round = 1; round <= SCRAPES; round++) {
        await sendDurations(round);
        await collector.pause(1500);
      }
      await check({ folder, config, collector, jaeger, loki, series, traces });
    } finally {
      await collector.stop();
    }
  } finally {
    await processes.stopAll();
    for (const one of [jaeger, loki, legacy]) one.stop();
    await kubernetes.stop();
  }
}

const report = new Report();
const folder = mkdtempSync(join(tmpdir(), 'signalbox-article-'));
const tls = makeAccount(folder);
const forms = [
  { name: 'unchanged', fix: false, check: checkUnchanged },
  { name: 'fixed', fix: true, check: checkFixed },
];
for (const { name, fix, check } of forms) {
  console.log(`article: the configuration ${name}`);
  await runForm(join(folder, name), tls, fix, (setting) => check(report, setting)).catch((error: unknown) =>
    report.fail(`the configuration ${name} runs`, error),
  );
}
console.log(report.summary);
if (report.failed === 0) rmSync(folder, { recursive: true });
else console.log(`article: logs of all processes are in ${folder}`);
process.exit(report.failed === 0 ? 0 : 1);
