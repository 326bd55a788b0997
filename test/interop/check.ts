import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAmtool } from './alertmanager-clients.ts';
import { checkFailure, checkLogs, checkMetrics, checkSampling, checkTraces } from './checks.ts';
import { checkClickHouseClients } from './clickhouse-clients.ts';
import { Processes } from './processes.ts';
import { checkPrometheus, checkPromtool } from './prometheus-clients.ts';
import { Report } from './report.ts';
import { startServices } from './services.ts';
import { startSignalbox } from './signalbox.ts';
import { SignalboxReader } from './signalbox-reader.ts';
import { sendTraffic } from './traffic.ts';

/** Starts everything, sends requests, checks what arrived. Returns whether all of it was right. */
async function run(folder: string): Promise<boolean> {
  const report = new Report();
  const processes = new Processes();
  const stop = (): void => {
    void processes.stopAll().finally(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    console.log('interop: starting Signalbox and the services');
    const signalbox = await startSignalbox(processes, folder);
    const services = await startServices(processes, signalbox, folder);
    console.log('interop: sending requests');
    const sent = await sendTraffic(services.gatewayUrl, services.unsampledGatewayUrl);
    console.log('interop: checking what arrived');
    const reader = new SignalboxReader(signalbox.consoleUrl, signalbox.engineUrl, signalbox.engineLogin);
    const findings = { report, reader, sent, noRedis: services.noRedis };
    for (const check of [checkTraces, checkFailure, checkLogs, checkMetrics, checkSampling]) {
      await check(findings).catch((error: unknown) => report.fail(`${check.name} runs to its end`, error));
    }
    await checkClickHouseClients(report, signalbox);
    await checkPromtool(report, signalbox);
    await checkAmtool(report, signalbox);
    await checkPrometheus(report, processes, signalbox, folder);
  } catch (error) {
    report.fail('Signalbox and the services start and answer', error);
  } finally {
    await processes.stopAll();
  }
  console.log(report.summary);
  return report.failed === 0;
}

const folder = mkdtempSync(join(tmpdir(), 'signalbox-interop-'));
const good = await run(folder);
if (good) rmSync(folder, { recursive: true });
else console.log(`interop: logs of all processes are in ${folder}`);
process.exit(good ? 0 : 1);
