import type { ExtensionFactory } from '#component';
import { type PprofConfig, pprofSchema } from './config.ts';
import { Pprof } from './pprof.ts';

export const pprofFactory: ExtensionFactory<PprofConfig> = {
  kind: 'extension',
  type: 'pprof',
  description: 'Profiles of the running collector: CPU and memory',
  stability: 'beta',
  schema: pprofSchema,
  create: (settings, config) => new Pprof(settings, config),
};
