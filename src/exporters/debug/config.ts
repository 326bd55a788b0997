import type { Modernized } from '#component';
import { boolean, integer, level, list, type MapEntry, type MapNode, type Schema, strictObject, text } from '#config';

export type Verbosity = 'basic' | 'normal' | 'detailed';

export interface DebugExporterConfig {
  readonly verbosity: Verbosity;
  /** So many messages are printed each second … */
  readonly samplingInitial: number;
  /** … and then every n-th of that second; 0 for none of them. */
  readonly samplingThereafter: number;
  readonly useInternalLogger: boolean;
  readonly outputPaths: readonly string[];
}

export const debugExporterSchema: Schema<DebugExporterConfig> = strictObject({
  verbosity: level(['basic', 'normal', 'detailed'], 'basic').meta({
    description: 'how much is printed',
    words: { basic: 'counts per batch', normal: 'a line per item', detailed: 'every field' },
  }),
  sampling_initial: integer(2, { min: 0 }).meta({ description: 'that are printed each second', unit: 'batches' }),
  sampling_thereafter: integer(1, { min: 0 }).describe('and then every n-th of that second; 0 for none'),
  use_internal_logger: boolean(true).describe("counts go to the collector's log, items beside it to stderr"),
  output_paths: list(text(), ['stdout']).describe(
    'where to print without the log: `stdout`, `stderr` or files, which are appended to',
  ),
  sending_queue: strictObject({
    enabled: boolean(false).meta({
      description: 'loads, so that files of otelcol do',
      idle: { why: 'what is printed at once can not be queued', quiet: [false] },
    }),
  })
    .optional()
    .describe('of other exporters'),
}).transform((raw) => ({
  verbosity: raw.verbosity,
  samplingInitial: raw.sampling_initial,
  samplingThereafter: raw.sampling_thereafter,
  useInternalLogger: raw.use_internal_logger,
  outputPaths: raw.output_paths,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateDebugExporter(config: DebugExporterConfig): readonly Mistake[] {
  if (config.useInternalLogger && config.outputPaths.some((path) => path !== 'stdout')) {
    return [{ path: ['output_paths'], message: 'output_paths requires use_internal_logger to be set to false' }];
  }
  return [];
}

/** How the `loglevel` of the exporter's predecessor `logging` reads as a verbosity (exporter/loggingexporter/config.go@v0.110.0). */
const VERBOSITY_OF_LOG_LEVEL: ReadonlyMap<string, Verbosity> = new Map<string, Verbosity>([
  ['debug', 'detailed'],
  ['info', 'normal'],
  ['warn', 'basic'],
  ['error', 'basic'],
]);

/** `logging` is `debug` with another default, and had `loglevel` before it had `verbosity`. */
export function modernizeDebugExporter(block: MapNode, type: string): Modernized {
  if (type !== 'logging') return { block, warnings: [] };
  const entries = new Map<string, MapEntry>(block.entries);
  const old = entries.get('loglevel');
  const scalar = old?.node.kind === 'scalar' ? String(old.node.value).toLowerCase() : '';
  const verbosity = VERBOSITY_OF_LOG_LEVEL.get(scalar);
  const warnings = [];
  if (old !== undefined && verbosity !== undefined && !entries.has('verbosity')) {
    entries.delete('loglevel');
    warnings.push({ key: 'loglevel', message: `"loglevel" is deprecated; use "verbosity: ${verbosity}" instead` });
  }
  if (!entries.has('verbosity')) {
    const place = old?.keyPlace ?? block.place;
    entries.set('verbosity', { keyPlace: place, node: { kind: 'scalar', place, value: verbosity ?? 'normal' } });
  }
  return { block: { ...block, entries }, warnings };
}
