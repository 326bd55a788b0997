import { startSignalbox } from '../../test/lib/signalbox.ts';
import { fetchCount } from '../lib/collectors.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';
import { checkGenerator, type GeneratedLoad, storeLoad } from '../lib/stored-load.ts';

const METRICS: Omit<GeneratedLoad, 'args'> = {
  signal: 'metrics',
  itemTables: ['metric_points', 'metric_histograms'],
  tables: ['metric_points', 'metric_histograms', 'metric_series', 'metric_bounds'],
  settledLooks: 3,
};
const SERIES = 10_000;
const INTERVAL_SECONDS = 15;
const WARM_UP_STEPS = 10;
const STEPS = Number(process.env.BENCH_METRIC_STEPS ?? 240);

/**
 * Data points by OTLP/HTTP into the store, half counters, a quarter gauges, a quarter histograms of 15 bounds: CPU of all processes until
 * merges are done, and bytes on disk.
 */
export const metricsCase: BenchCase = {
  name: 'metrics',
  async run(): Promise<CaseResult> {
    checkGenerator();
    const signalbox = await startSignalbox();
    try {
      const startMs = Date.now() - (WARM_UP_STEPS + STEPS) * INTERVAL_SECONDS * 1000;
      const load = (firstStep: number, steps: number) => {
        const begin = startMs + firstStep * INTERVAL_SECONDS * 1000;
        // A thousandth more, so that no step is lost to rounding.
        const hours = ((steps + 0.001) * INTERVAL_SECONDS) / 3600;
        const args = { series: SERIES, interval: INTERVAL_SECONDS, hours, start: begin };
        const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
        return storeLoad(signalbox, { ...METRICS, args: flags });
      };
      await load(0, WARM_UP_STEPS);
      const result = await load(WARM_UP_STEPS, STEPS);
      const perCpuSecond = result.items / result.cpuSeconds;
      const { collector, engine } = result.cpuSecondsByRole;
      const us = (seconds: number): string => ((seconds / result.items) * 1e6).toFixed(2);
      const samples = await fetchCount(signalbox, 'SELECT count() FROM signalbox.metric_points');
      const bytes = (tables: string): Promise<number> =>
        fetchCount(
          signalbox,
          `SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'signalbox' AND table IN (${tables})`,
        );
      // All series count here, those of histograms too.
      const bytesPerSample = (await bytes("'metric_points', 'metric_series'")) / samples;
      const ofPoints = (await bytes("'metric_points'")) / samples;
      return {
        raw: { ...result, samples, bytesPerSample, ofPoints },
        rows: [
          {
            what: 'OTLP/HTTP in → store, data points (a quarter histograms), all processes, merges included',
            goal: '≥ 250 k a CPU-second',
            measured: `${short(perCpuSecond)}: collector ${us(collector)} µs, engine ${us(engine)} µs a point`,
            peer: `each row merged ${result.mergedRowsPerItem.toFixed(1)} times`,
            met: perCpuSecond >= 250_000,
          },
          {
            what: `a sample of a counter or gauge on disk, ${STEPS + WARM_UP_STEPS} a series, with all series`,
            goal: '≤ 2.0 bytes',
            measured: `${bytesPerSample.toFixed(2)}, ${ofPoints.toFixed(2)} without the series`,
            peer: '',
            met: bytesPerSample <= 2,
          },
        ],
      };
    } finally {
      await signalbox.stop();
    }
  },
};
