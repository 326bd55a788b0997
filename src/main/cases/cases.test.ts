// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what configurations have
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { components } from '../components.ts';
import { readCaseFile } from './case-file.ts';
import { loadCaseConfig, runCase } from './case-run.ts';
import { judge } from './judge.ts';
import { type CaseResult, junitReport, printResult, printSummary } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-cases-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `receivers:
  otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317}}}
  otlp/other: {protocols: {http: {endpoint: 0.0.0.0:4318}}}
processors:
  batch: {timeout: 10s}
  filter/health:
    traces: {span: ['attributes["http.route"] == "/health"']}
    logs: {log_record: ['severity_number < SEVERITY_NUMBER_INFO']}
  transform:
    trace_statements:
      - {context: span, statements: ['replace_pattern(attributes["http.url"], "token=[^&]+", "token=REDACTED")']}
  tail_sampling:
    decision_wait: 30s
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
connectors:
  span_metrics: {metrics_flush_interval: 1m}
exporters:
  otlp_grpc: {endpoint: "\${env:BACKEND}:4317", sending_queue: {storage: file_storage}}
  debug: {}
extensions:
  file_storage: {directory: /nowhere}
service:
  extensions: [file_storage]
  pipelines:
    traces: {receivers: [otlp], processors: [filter/health, transform, tail_sampling, batch], exporters: [otlp_grpc]}
    traces/all: {receivers: [otlp], exporters: [span_metrics]}
    metrics: {receivers: [span_metrics, otlp], exporters: [debug]}
    logs: {receivers: [otlp/other], processors: [filter/health], exporters: [debug]}
`;
writeFileSync(join(folder, 'collector.yaml'), CONFIG);

function casesFile(cases: string, head = ''): string {
  const file = join(folder, `c${Math.random()}.test.yaml`);
  writeFileSync(file, `config: collector.yaml\nenv: {BACKEND: jaeger}\n${head}cases:\n${cases}`);
  return file;
}

async function run(file: string): Promise<CaseResult[]> {
  const read = await readCaseFile(file);
  const loaded = await loadCaseConfig(read);
  const results: CaseResult[] = [];
  for (const one of read.cases) {
    const outcome = await runCase(read, one, loaded, components);
    results.push({ file: 'c.test.yaml', one, failures: judge(one, outcome), logged: outcome.logged, ms: 12 });
  }
  return results;
}

/** What is said of each case, without the folder. */
async function said(cases: string, head = ''): Promise<string> {
  const file = casesFile(cases, head);
  const results = await run(file);
  return results.map(printResult).join('\n').replaceAll(file, 'c.test.yaml');
}

/** Of a file that can't be used. */
async function mistakeOf(text: string): Promise<string> {
  const file = join(folder, `m${Math.random()}.yaml`);
  writeFileSync(file, text);
  try {
    const read = await readCaseFile(file);
    await loadCaseConfig(read);
    for (const one of read.cases) await runCase(read, one, await loadCaseConfig(read), components);
  } catch (error) {
    const one = ((error as { errors?: Error[] }).errors?.[0] ?? error) as Error & {
      place?: { line: number; column: number };
    };
    return `${one.place?.line}:${one.place?.column} ${one.message}`.replace(folder, '');
  }
  return 'nothing';
}

describe('cases', () => {
  test.each(['as-it-is', 'as-it-was-meant'])('the examples for the article hold: %s', async (name) => {
    const results = await run(join(import.meta.dirname, '../../../examples/article', `${name}.test.yaml`));
    expect(results.map(printResult).filter((line) => !line.startsWith('ok'))).toEqual([]);
    expect(results.length).toBeGreaterThan(1);
  });

  test('what is given goes through the pipelines, and time passes by itself while something is held', async () => {
    expect(
      await said(`
  - name: an error is kept, its token is not
    given:
      - traces:
          resource: {service.name: shop}
          spans:
            - {trace: a, span: root, name: GET /, kind: server, status: error, duration: 40ms, attributes: {http.url: "http://x/?token=1", n: 1.0}}
            - {trace: a, parent: root, name: query, events: [{name: slow, time: 2ms, attributes: {rows: 3}}], links: [{trace: b}]}
            - {trace: b, name: GET /fine}
            - {trace: c, name: GET /health, status: error, attributes: {http.route: /health}}
    expect:
      otlp_grpc:
        - name: GET /
          trace: a
          span: root
          kind: server
          duration: 40ms
          resource: {service.name: shop, absent: null}
          attributes: {http.url: {matches: "token=REDACTED$"}, n: {present: true}}
        - {name: query, parent: root, events: [{name: slow, attributes: {rows: 3}}], links: [{trace: b}]}
    dropped:
      - {by: filter/health, count: 1, reason: unwanted, item: {name: GET /health}}
      - {by: tail_sampling, count: 1, reason: not_sampled}
    sampled: {a: true, b: false, c: false}
`),
    ).toBe('ok    an error is kept, its token is not');
  });

  test('what connectors make of it arrives with the next flush, or at the end', async () => {
    expect(
      await said(`
  - name: span metrics
    given:
      - traces: {resource: {service.name: shop}, spans: [{name: GET /, kind: server}, {name: GET /, kind: server}]}
      - wait: 61s
    expect:
      debug: {contains: [{name: traces.span.metrics.calls, value: 2, attributes: {span.name: GET /}}]}
  - name: logs come through the receiver that has them
    given:
      - logs: {records: [{body: {a: [1, two]}, severity: warn}, {body: noise, severity: debug}]}
    expect:
      debug: [{body: {a: [1, two]}, severity: warn}]
`),
    ).toBe('ok    span metrics\nok    logs come through the receiver that has them');
  });

  test('a failure says what was expected, what came nearest, and where it went', async () => {
    const text = await said(`
  - name: all wrong
    given:
      - traces:
          resource: {service.name: shop}
          spans:
            - {trace: a, name: GET /, status: error, attributes: {http.route: /}}
            - {trace: b, name: GET /fine}
    expect:
      otlp_grpc:
        - {name: GET /cart, attributes: {http.route: /cart}}
        - {name: GET /fine}
    dropped: {by: filter/health, count: 2}
    sampled: {a: false, b: true}
`);
    expect(text).toBe(`FAIL  all wrong  (c.test.yaml:5:5)
      c.test.yaml:13:7: exporter otlp_grpc: expected 2 items, got 1
        missing (c.test.yaml:14:11): name: "GET /cart", attributes["http.route"]: "/cart"
          nearest: span "GET /" error of shop http.route="/"
            name: expected "GET /cart", got "GET /"
            attributes["http.route"]: expected "/cart", got "/"
        missing (c.test.yaml:15:11): name: "GET /fine"
          one like it was left out by tail_sampling (not_sampled 1)
      c.test.yaml:16:14: expected filter/health to leave out 2 items, got 0
        tail_sampling left out 1 item (not_sampled 1)
      c.test.yaml:17:15: trace a: expected it to be dropped, it was kept
        1 item arrived at otlp_grpc
      c.test.yaml:17:25: trace b: expected it to be kept, it was dropped
        left out by tail_sampling (not_sampled 1)`);
  });

  test('an exact item has nothing that is not named, and a count is of all', async () => {
    const given =
      'given: {traces: {resource: {service.name: shop}, spans: [{name: a, status: error, attributes: {x: 1, y: 2}}]}}';
    const text = await said(`
  - name: exact
    ${given}
    expect: {otlp_grpc: {exact: [{name: a, status: error, resource: {service.name: shop}, attributes: {x: 1, y: 2}}]}}
  - name: not exact
    ${given}
    expect: {otlp_grpc: {exact: [{name: a, status: error, attributes: {x: 1}}]}}
  - name: count
    ${given}
    expect: {otlp_grpc: {count: 2}}
`);
    expect(text).toBe(`ok    exact
FAIL  not exact  (c.test.yaml:8:5)
      c.test.yaml:10:14: exporter otlp_grpc: expected 1 item, got 1
        missing (c.test.yaml:10:34): name: "a", status.code: "error", attributes["x"]: 1
          nearest: span "a" error of shop x=1 y=2
            resource.attributes["service.name"]: expected nothing, got "shop"
            attributes["y"]: expected nothing, got 2
FAIL  count  (c.test.yaml:11:5)
      c.test.yaml:13:14: exporter otlp_grpc: expected 2 items, got 1
        arrived: span "a" error of shop x=1 y=2`);
  });

  test('what no one takes, or nobody is called', async () => {
    const given = 'given: {traces: {spans: [{name: a}]}}';
    expect(
      await said(`
  - {name: exporter, ${given}, expect: {otlp_gprc: []}}
  - {name: processor, ${given}, dropped: {by: filter}}
  - {name: refused, ${given}, refused: memory}
`),
    ).toBe(`FAIL  exporter  (c.test.yaml:5:5)
      c.test.yaml:5:70: no pipeline has an exporter "otlp_gprc"
        did you mean "otlp_grpc"?
FAIL  processor  (c.test.yaml:6:5)
      c.test.yaml:6:71: no pipeline has a processor "filter"
        there are: filter/health, transform, tail_sampling, batch
FAIL  refused  (c.test.yaml:7:5)
      c.test.yaml:7:69: expected a refusal with "memory"
        nothing was refused`);
  });

  test('files of OTLP/JSON, a receiver by its name, stubs that add what the real one would', async () => {
    const span = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'from a file', status: { code: 2 } };
    const line = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    writeFileSync(join(folder, 'spans.json'), `${line}\n${line.replace('0202', '0303')}\n`);
    const cases = `
  - name: from a file
    given: {file: spans.json, receiver: otlp}
    expect: {otlp_grpc: [{name: from a file, resource: {pod: p-1}}, {span: "0303020202020202"}]}
`;
    expect(await said(cases, 'stub: {transform: {resource: {pod: p-1}}}\n')).toBe('ok    from a file');
  });

  test('the report for CI', async () => {
    const given = 'given: {traces: {spans: [{name: "<a>", status: error}]}}';
    const results = await run(
      casesFile(
        `  - {name: good & fine, ${given}, expect: {otlp_grpc: [{}]}}\n  - {name: bad, ${given}, expect: {otlp_grpc: []}}\n`,
      ),
    );
    expect(printSummary(results)).toBe('1 passed, 1 failed');
    expect(junitReport(results).replaceAll(/\/\S+\.test\.yaml/g, 'FILE')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="signalbox test" tests="2" failures="1" errors="0" time="0.024">
  <testsuite name="c.test.yaml" tests="2" failures="1" errors="0" skipped="0" time="0.024">
    <testcase classname="c.test.yaml" name="good &amp; fine" file="c.test.yaml" line="4" time="0.012"/>
    <testcase classname="c.test.yaml" name="bad" file="c.test.yaml" line="5" time="0.012">
      <failure message="exporter otlp_grpc: expected 0 items, got 1" type="expectation">FILE:5:84: exporter otlp_grpc: expected 0 items, got 1
unexpected: span &quot;&lt;a&gt;&quot; error</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test('a file that can not be used is an error in the report', () => {
    const unusable = [{ file: 'a & b.yaml', mistakes: ['a & b.yaml:1:1: no', 'no more'] }];
    expect(printSummary([], unusable)).toBe('0 passed, 0 failed, 1 file not usable');
    const report = junitReport([], unusable);
    expect(report).toContain('tests="1" failures="0" errors="1"');
    expect(report).toContain(
      '<error message="a &amp; b.yaml:1:1: no" type="unusable">a &amp; b.yaml:1:1: no\nno more</error>',
    );
  });

  const HEAD = 'config: collector.yaml\nenv: {BACKEND: b}\n';
  test.each([
    ['', '1:1 a file of cases: expected a map, got nothing'],
    ['cases: []', '1:1 config: the configuration to test is missing, such as config: otelcol.yaml'],
    [`${HEAD}case: []`, '3:1 has invalid keys: case (did you mean "cases"?)'],
    [`${HEAD}cases:\n  - {name: a}`, '4:5 given: what goes in is missing'],
    [
      `${HEAD}cases:\n  - {name: a, given: []}`,
      '4:5 nothing is expected: a case needs one of expect, dropped, sampled, refused',
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: {wait: soon}, sampled: {}}`,
      '4:29 wait: expected a time such as 10s or 250ms, got "soon"',
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: {traces: {spans: [{nam: b}]}}, sampled: {}}`,
      '4:41 has invalid keys: nam (did you mean "name"?)',
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: {traces: {spans: [{kind: sever}]}}, sampled: {}}`,
      '4:47 kind: expected one of unspecified, internal, server, client, producer, consumer, got "sever"',
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: {file: none.json}, sampled: {}}`,
      expect.stringMatching(/^4:29 file: cannot read none\.json: ENOENT/),
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: [], expect: {debug: [{atributes: {}}]}}`,
      '4:44 has invalid keys: atributes (did you mean "attributes"?)',
    ],
    [
      `${HEAD}cases:\n  - {name: a, given: [], expect: {debug: [{name: {matches: "("}}]}}`,
      expect.stringMatching(/^4:\d+ matches: /),
    ],
    [`${HEAD}stub: [k8sattributes]\ncases: []`, '1:1 stub: no processor is called k8sattributes'],
    [
      `${HEAD}cases:\n  - {name: a, given: {receiver: zipkin, logs: {records: []}}, sampled: {}}`,
      '4:47 no pipeline takes logs from the receiver zipkin; these do: otlp/other',
    ],
    [
      'config: collector.yaml\nset: [exporters::debug::verbosty=x]\nenv: {BACKEND: b}\ncases: [{name: a, given: {wait: 0s}, sampled: {}}]',
      expect.stringContaining('verbosty'),
    ],
  ])('%j is a mistake with its place', async (text, message) => {
    expect(await mistakeOf(text)).toEqual(message);
  });
});
