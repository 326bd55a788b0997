import { boolean, type HttpServerConfig, httpServerShape, type Schema, strictObject, toHttpServer } from '#config';

export interface ZpagesConfig {
  readonly server: HttpServerConfig;
  readonly hasExpvar: boolean;
}

export const zpagesSchema: Schema<ZpagesConfig> = strictObject({
  ...httpServerShape({ endpoint: 'localhost:55679', servesPages: true }),
  expvar: strictObject({ enabled: boolean(true).describe('serves `/debug/expvarz`; otelcol has it off') }),
}).transform((raw) => ({ server: toHttpServer(raw), hasExpvar: raw.expvar.enabled }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateZpages(config: ZpagesConfig): readonly Mistake[] {
  const { middlewares } = config.server;
  const mistakes: Mistake[] = [];
  if (middlewares.length > 0) {
    mistakes.push({ path: ['middlewares'], message: 'no extension offers middlewares yet; take the block out' });
  }
  return mistakes;
}
