import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otelcolIsBuilt } from './collectors.ts';

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.159.0';

/** Builds the peer, an OpenTelemetry Collector of bench/otelcol/builder-config.yaml, unless it is there. Takes some minutes once. */
export function buildOtelcol(): void {
  if (otelcolIsBuilt()) return;
  const bench = fileURLToPath(new URL('../', import.meta.url));
  console.error('bench: building otelcol from its Go modules …');
  const bin = join(bench, '.work/bin');
  execFileSync('go', ['install', BUILDER], { stdio: 'inherit', env: { ...process.env, GOBIN: bin } });
  execFileSync(join(bin, 'builder'), ['--config', 'builder-config.yaml'], {
    stdio: 'inherit',
    cwd: join(bench, 'otelcol'),
  });
}
