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
  verbosity: level(['basic', 'normal', 'detailed'], 'basic'),
  sampling_initial: integer(2, { min: 0 }),
  sampling_thereafter: integer(1, { min: 0 }),
  use_internal_logger: boolean(true),
  output_paths: list(text(), ['stdout']),
  // Accepted so that files load; the exporter has nothing that could be queued or tried again.
  sending_queue: strictObject({ enabled: boolean(false) }).optional(),
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
