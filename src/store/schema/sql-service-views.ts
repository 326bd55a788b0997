/** Services and their requests, for people who ask in SQL. */

import { resourceText, type SqlView, sqlColumns, WORD } from './sql-view.ts';
import { REQUEST_SLOT_SECONDS } from './traces.ts';

const SERVICES: SqlView = {
  name: 'services',
  text: 'a row for each service, environment and version that has sent anything',
  columns: sqlColumns([
    ['service', WORD, 'service.name', 'resource.service_name'],
    [
      'environment',
      'String',
      'deployment.environment.name',
      resourceText('deployment.environment.name', 'deployment.environment'),
    ],
    ['version', 'String', 'service.version', resourceText('service.version')],
    ['namespace', 'String', 'service.namespace', resourceText('service.namespace')],
    ['language', 'String', 'telemetry.sdk.language', resourceText('telemetry.sdk.language')],
    ['resources', 'UInt64', 'how many resources: instances, mostly', 'uniqExact(resource.resource_id)'],
    ['first_seen', "DateTime('UTC')", 'when it first sent', "toDateTime(min(resource.first_seen), 'UTC')"],
    [
      'last_seen',
      "DateTime('UTC')",
      'when it last sent; up to an hour behind',
      "toDateTime(max(resource.last_seen), 'UTC')",
    ],
  ]),
  from: (database) => `FROM ${database}.resources AS resource
GROUP BY resource.tenant, service, environment, version, namespace, language`,
};

const REQUESTS: SqlView = {
  name: 'requests',
  text: `a row for each service, environment and ${REQUEST_SLOT_SECONDS} seconds: rates, errors and durations over long ranges, without a look at spans`,
  columns: sqlColumns([
    [
      'time',
      "DateTime('UTC')",
      `begins the ${REQUEST_SLOT_SECONDS} seconds; several rows may have the same`,
      "toDateTime(slot.second, 'UTC')",
    ],
    ['service', WORD, 'service.name', 'slot.service_name'],
    ['environment', WORD, 'deployment.environment.name', 'slot.environment'],
    ['requests', 'UInt32', 'spans of kind server or consumer, and roots', 'slot.request_count'],
    ['errors', 'UInt32', 'those that failed', 'slot.error_count'],
    ['spans', 'UInt32', 'spans of any kind', 'slot.span_count'],
    [
      'durations_ms',
      'Array(Float64)',
      'how long each request took: quantileArray(0.95)(durations_ms)',
      'arrayMap(ns -> ns / 1e6, arrayConcat(slot.durations, slot.long_durations))',
    ],
  ]),
  from: (database) => `FROM ${database}.request_slots AS slot`,
};

export const SERVICE_SQL_VIEWS: readonly SqlView[] = [SERVICES, REQUESTS];
