import { Batch, type BatchContext, type Signal } from '#pdata';
import { decodeOtlpJson, encodeOtlpJson } from '#wire';

type Json = { [key: string]: unknown };

/** A batch of one chunk from OTLP/JSON. */
export function batchOfJson(signal: Signal, body: unknown, context?: BatchContext): Batch {
  return new Batch(signal, [decodeOtlpJson(signal, Buffer.from(JSON.stringify(body))).chunk], context);
}

export function jsonOfBatch(batch: Batch): unknown {
  return JSON.parse(encodeOtlpJson(batch).toString());
}

const attributes = (entries: Json): unknown[] =>
  Object.entries(entries).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));

/** Log records of services: `{ shop: [{ body, severity, attributes }] }`. */
export function logsOf(services: Readonly<Record<string, readonly Json[]>>): unknown {
  return {
    resourceLogs: Object.entries(services).map(([service, records]) => ({
      resource: { attributes: attributes({ 'service.name': service }) },
      scopeLogs: [
        {
          scope: { name: `${service}.scope` },
          logRecords: records.map((record) => ({
            body: { stringValue: String(record.body ?? '') },
            severityNumber: record.severity ?? 0,
            attributes: attributes((record.attributes ?? {}) as Json),
          })),
        },
      ],
    })),
  };
}

/** The bodies of the log records that are left, by service. */
export function bodiesOf(batches: readonly Batch[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const batch of batches) {
    const { resourceLogs = [] } = jsonOfBatch(batch) as { resourceLogs?: LogGroup[] };
    for (const { resource, scopeLogs } of resourceLogs) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      const bodies = scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue));
      result[service] = [...(result[service] ?? []), ...bodies];
    }
  }
  return result;
}

interface LogGroup {
  readonly resource: { readonly attributes: { key: string; value: { stringValue: string } }[] };
  readonly scopeLogs: { readonly logRecords: { body: { stringValue: string } }[] }[];
}
