import type { Chunk } from '#pdata';
import { attributeLines, schemaUrl } from './values.ts';
import type { Visitor } from './walk.ts';

/** The part of a visitor that is the same for all signals. `resourceName` and `scopeName` are otelcol's headings. */
export function groupVisitor<C extends Chunk>(
  lines: string[],
  resourceName: string,
  scopeName: string,
): Pick<Visitor<C>, 'resource' | 'scope'> {
  return {
    resource(chunk, resource, number) {
      lines.push(`${resourceName} #${number}`);
      lines.push(`Resource SchemaURL: ${schemaUrl(chunk, chunk.layout.resourceHead, resource)}`);
      const attributes = attributeLines(chunk.resourceAttributes.table, chunk.arena, resource);
      if (attributes.length > 0) lines.push('Resource attributes:', ...attributes);
    },
    scope(chunk, scope, number) {
      lines.push(`${scopeName} #${number}`);
      lines.push(`${scopeName} SchemaURL: ${schemaUrl(chunk, chunk.layout.scopeHead, scope)}`);
      lines.push(`InstrumentationScope ${chunk.scopeName(scope)} ${chunk.scopeVersion(scope)}`);
      const attributes = attributeLines(chunk.scopeAttributes.table, chunk.arena, scope);
      if (attributes.length > 0) lines.push('InstrumentationScope attributes:', ...attributes);
    },
  };
}
