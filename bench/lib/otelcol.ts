import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('../', import.meta.url));
const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0';
const CONFIG = join(BENCH, 'otelcol/builder-config.yaml');
/** What the binary was built from. */
const BUILT_FROM = join(BENCH, '.work/otelcol/builder-config.yaml');

/** The peer of benchmarks and of the comparison. */
export const OTELCOL: string = join(BENCH, '.work/otelcol/otelcol');

export function otelcolIsBuilt(): boolean {
  return existsSync(OTELCOL) && existsSync(BUILT_FROM) && readFileSync(BUILT_FROM).equals(readFileSync(CONFIG));
}

/** Builds the peer, an OpenTelemetry Collector of otelcol/builder-config.yaml, unless it is there. Takes some twenty minutes once. */
export function buildOtelcol(): void {
  if (otelcolIsBuilt()) return;
  console.error('building otelcol from its Go modules …');
  const bin = join(BENCH, '.work/bin');
  execFileSync('go', ['install', BUILDER], { stdio: 'inherit', env: { ...process.env, GOBIN: bin } });
  execFileSync(join(bin, 'builder'), ['--config', 'builder-config.yaml'], {
    stdio: 'inherit',
    cwd: join(BENCH, 'otelcol'),
  });
  copyFileSync(CONFIG, BUILT_FROM);
}
