import type { ComponentKind } from '#component';
import { type JsonSchema, jsonSchemaOf, type Schema, serviceSchema, signalboxSchema } from '#config';
import { components } from '../components.ts';

const KINDS: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

/** `signalbox schema`: a configuration as JSON Schema, for editors. */
export async function schemaCommand(): Promise<number> {
  process.stdout.write(`${JSON.stringify(await configurationSchema(), undefined, 2)}\n`);
  return 0;
}

/** Made of the schemas that read the configuration. */
export async function configurationSchema(): Promise<JsonSchema> {
  const definitions: Record<string, JsonSchema> = {};
  const properties: Record<string, JsonSchema> = {};
  for (const kind of KINDS) properties[`${kind}s`] = await sectionOf(kind, definitions);
  properties.service = jsonSchemaOf(serviceSchema, definitions);
  properties.signalbox = jsonSchemaOf(signalboxSchema, definitions);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Signalbox',
    type: 'object',
    properties,
    additionalProperties: false,
    definitions,
  };
}

/** Keys of a section are `type` or `type/name`, also with an older name. */
async function sectionOf(kind: ComponentKind, definitions: Record<string, JsonSchema>): Promise<JsonSchema> {
  const patternProperties: Record<string, JsonSchema> = {};
  for (const source of components.sources.filter((one) => one.kind === kind)) {
    const factory = await source.load();
    const definition = `${kind}_${source.type}`;
    const json = jsonSchemaOf(factory.schema as Schema<unknown>, definitions);
    definitions[definition] = { description: factory.description, ...json };
    const names = [source.type, ...(source.aliases ?? [])].join('|');
    patternProperties[`^(${names})(/.+)?$`] = { $ref: `#/definitions/${definition}` };
  }
  return { type: ['object', 'null'], patternProperties, additionalProperties: false };
}
