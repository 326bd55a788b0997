/** Questions in SQL with the services of the demo in them: what the console offers, and what docs/queries.md explains. A test runs each. */

export interface SqlExample {
  readonly name: string;
  readonly sql: string;
}

export const SQL_EXAMPLES: readonly SqlExample[] = [
  {
    name: 'Who fails: requests, errors and times of each service',
    sql: `SELECT service, sum(requests) AS requests, sum(errors) AS errors,
  round(100 * errors / requests, 2) AS error_percent,
  round(quantileArray(0.5)(durations_ms), 1) AS p50_ms, round(quantileArray(0.95)(durations_ms), 1) AS p95_ms
FROM requests
WHERE time > now() - INTERVAL 30 MINUTE
GROUP BY service
HAVING requests > 0
ORDER BY error_percent DESC`,
  },
  {
    name: 'Requests a minute of each service',
    sql: `SELECT toStartOfMinute(time) AS minute, service, sum(requests) AS requests
FROM requests
WHERE time > now() - INTERVAL 30 MINUTE
GROUP BY minute, service
ORDER BY minute, service`,
  },
  {
    name: 'The slowest routes',
    sql: `SELECT service, http_method, http_route, count() AS requests, round(quantile(0.95)(duration_ms), 1) AS p95_ms,
  countIf(status = 'error') AS errors
FROM spans
WHERE time > now() - INTERVAL 30 MINUTE AND kind = 'server' AND http_route != ''
GROUP BY service, http_method, http_route
ORDER BY p95_ms DESC
LIMIT 10`,
  },
  {
    name: 'What failing spans have in common: provider and region',
    sql: `SELECT attributes['payment.provider'] AS provider, attributes['region'] AS region, count() AS attempts,
  countIf(status = 'error') AS failed, round(100 * failed / attempts, 1) AS failed_percent
FROM spans
WHERE time > now() - INTERVAL 30 MINUTE AND service = 'payments' AND provider != ''
GROUP BY provider, region
ORDER BY failed_percent DESC`,
  },
  {
    name: 'Exceptions by their type and first words',
    sql: `SELECT service, type, replaceRegexpAll(substring(message, 1, 60), '[0-9]+', 'N') AS words, count() AS times,
  max(time) AS last, any(trace_id) AS a_trace
FROM exceptions
WHERE time > now() - INTERVAL 30 MINUTE
GROUP BY service, type, words
ORDER BY times DESC
LIMIT 20`,
  },
  {
    name: 'Which statements take the time of the databases',
    sql: `SELECT db_system, db_namespace, substring(db_query, 1, 80) AS statement, count() AS calls,
  round(sum(duration_ms) / 1000, 2) AS seconds, round(quantile(0.95)(duration_ms), 1) AS p95_ms
FROM spans
WHERE time > now() - INTERVAL 30 MINUTE AND db_system != ''
GROUP BY db_system, db_namespace, statement
ORDER BY seconds DESC
LIMIT 10`,
  },
  {
    name: 'Who calls whom',
    sql: `SELECT parent.service AS caller, child.service AS callee, count() AS calls, countIf(child.status = 'error') AS errors,
  round(quantile(0.95)(child.duration_ms), 1) AS p95_ms
FROM (SELECT trace_id, parent_id, service, status, duration_ms FROM spans
  WHERE time > now() - INTERVAL 10 MINUTE AND parent_id != '') AS child
INNER JOIN (SELECT trace_id, span_id, service FROM spans WHERE time > now() - INTERVAL 10 MINUTE) AS parent
  ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_id
WHERE caller != callee
GROUP BY caller, callee
ORDER BY calls DESC`,
  },
  {
    name: 'Errors in logs, with the traces that they belong to',
    sql: `SELECT time, service, body, trace_id
FROM logs
WHERE time > now() - INTERVAL 30 MINUTE AND level IN ('error', 'fatal')
ORDER BY time DESC
LIMIT 50`,
  },
  {
    name: 'Logs of slow traces: what did they say',
    sql: `SELECT service, level, replaceRegexpAll(body, '[0-9]+', 'N') AS line, count() AS lines
FROM logs
WHERE time > now() - INTERVAL 30 MINUTE AND trace_id IN (
  SELECT trace_id FROM spans
  WHERE time > now() - INTERVAL 30 MINUTE AND is_root AND service = 'gateway' AND duration_ms > 1000)
GROUP BY service, level, line
ORDER BY lines DESC
LIMIT 20`,
  },
  {
    name: 'A gauge over time',
    sql: `SELECT toStartOfMinute(time) AS minute, service, name, round(avg(value), 2) AS mean
FROM metrics
WHERE time > now() - INTERVAL 30 MINUTE AND type = 'gauge' AND service != '' AND NOT startsWith(name, 'otelcol')
GROUP BY minute, service, name
ORDER BY minute, service, name
LIMIT 1000`,
  },
];
