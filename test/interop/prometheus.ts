import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Processes } from './processes.ts';
import { checkPrometheus, checkPromtool } from './prometheus-clients.ts';
import { Report } from './report.ts';
import { startSignalbox } from './signalbox.ts';

/** Prometheus' tools alone, without the services: `node test/interop/prometheus.ts`. */
const folder = mkdtempSync(join(tmpdir(), 'signalbox-interop-'));
const report = new Report();
const processes = new Processes();
try {
  const signalbox = await startSignalbox(processes, folder);
  await checkPromtool(report, signalbox);
  await checkPrometheus(report, processes, signalbox, folder);
} catch (error) {
  report.fail('Signalbox and Prometheus start and answer', error);
} finally {
  await processes.stopAll();
}
console.log(report.summary);
if (report.failed === 0) rmSync(folder, { recursive: true });
else console.log(`interop: logs of all processes are in ${folder}`);
process.exit(report.failed === 0 ? 0 : 1);
