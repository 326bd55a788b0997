import { boolean, integer, list, oneOf, type Schema, strictObject, text } from '#config';

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
  verbosity: oneOf(['basic', 'normal', 'detailed'], 'basic'),
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
