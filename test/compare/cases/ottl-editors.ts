import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { calls, comparable, statement, VALUES } from './ottl-cases.ts';

const ATTRIBUTES = [
  'span.attributes',
  'resource.attributes',
  'span.attributes["nested"]',
  'span.attributes["http.method"]',
  'span.attributes["absent"]',
];
const KEYS = ['"http.method"', '"inner"', '"absent"', '""', 'span.name', '7'];
const PATTERNS = ['"^http\\\\."', '".*"', '"e$"', '"^$"', '"("', 'span.attributes["http.method"]'];

const EDITORS: readonly string[] = [
  ...calls(
    'set',
    [
      'span.name',
      'span.attributes["new"]',
      'span.attributes["tags"]',
      'span.attributes["nested"]["inner"]',
      'span.attributes["nested"]["new"]["deep"]',
      'span.attributes["tags"][0]',
      'span.attributes["tags"][9]',
      'span.kind',
      'span.status.code',
      'resource.attributes["service.name"]',
      'span.cache["x"]',
    ],
    ['"x"', '7', '2.5', 'true', 'nil', 'span.attributes["nested"]', 'span.attributes["absent"]', '["a", 1]'],
  ),
  ...calls(
    'append',
    [
      'span.attributes["tags"]',
      'span.attributes["http.method"]',
      'span.attributes["absent"]',
      'span.attributes["nested"]',
      'span.attributes["http.status_code"]',
    ],
    ['"x"', 'value = 7', 'values = ["y", 2]', 'nil', 'span.attributes["nested"]', 'values = []'],
  ),
  ...calls(
    'delete_index',
    ['span.attributes["tags"]', 'span.attributes["absent"]', 'span.attributes["http.method"]'],
    ['0', '1', '2', '3', '-1', '0, 2', '1, 1', '2, 1', '"a"'],
  ),
  ...calls('delete_key', ATTRIBUTES, KEYS),
  ...calls('delete_matching_keys', ATTRIBUTES, PATTERNS),
  ...calls('keep_matching_keys', ATTRIBUTES, PATTERNS),
  ...calls('keep_keys', ATTRIBUTES, [
    '["http.method", "inner"]',
    '[]',
    '["absent"]',
    '[span.attributes["absent"]]',
    '["service.name"]',
  ]),
  ...calls('limit', ATTRIBUTES, ['0, []', '3, []', '3, ["http.url", "json"]', '1, ["a", "b"]', '100, []', '-1, []']),
  ...calls('truncate_all', ATTRIBUTES, [
    '0',
    '3',
    '3, true',
    '1000',
    '-1',
    '5, false, "..."',
    '2, truncation_marker = "…"',
  ]),
  ...calls('stringify_all', [...ATTRIBUTES, 'span.attributes["tags"]']),
  ...calls('flatten', ATTRIBUTES, [
    '',
    '"p"',
    '"p", 1',
    'depth = 0',
    'depth = 1',
    'resolveConflicts = true',
    '"", 2, true',
  ]),
  ...calls(
    'merge_maps',
    ['span.attributes', 'span.attributes["nested"]', 'span.attributes["absent"]'],
    ['{"http.method": "X", "new": 1}', 'resource.attributes', 'ParseJSON(span.attributes["json"])', 'span.name'],
    ['"insert"', '"update"', '"upsert"', '"nope"'],
  ),
  ...calls(
    'replace_match',
    ['span.name', 'span.attributes["http.path"]', 'span.attributes["http.status_code"]', 'span.attributes["absent"]'],
    ['"GET *"', '"/h*"', '"*"', '"["', '"GET /health"'],
    ['"new"', '""', '"{x}"', 'span.kind.string', '"v", SHA256', '"$1", FNV'],
  ),
  ...calls(
    'replace_all_matches',
    ATTRIBUTES.slice(0, 3),
    ['"GET"', '"*e*"', '"/*"', '""'],
    ['"new"', '"v", SHA256', '"v", SHA256, "x=%s"'],
  ),
  ...calls(
    'replace_pattern',
    ['span.name', 'span.attributes["http.url"]', 'span.attributes["http.status_code"]', 'span.attributes["absent"]'],
    ['"token=[^&]+"', '"(\\\\w+) (.*)"', '"^"', '"("', '"[0-9]"'],
    ['"token=REDACTED"', '"$2-$1"', '"${1}x$$"', '""', '"$1", SHA256', '"$0", SHA256, "hash(%s)"'],
  ),
  ...calls(
    'replace_all_patterns',
    ['span.attributes', 'span.attributes["nested"]', 'resource.attributes'],
    ['"value"', '"key"', '"both"'],
    ['"http", "x"', '"^([a-z]+)", "$1_"', '"[0-9]+", "N"', '"(e)", "$1", SHA1', '"(", "x"'],
  ),
  ...[
    'set(span.name, "x") where false',
    'set(span.name, "x") where span.kind == 2',
    'delete_key(span.attributes, "http.method") where IsMatch(span.name, "^GET")',
    'nope(span.name)',
    'Set(span.name, "x")',
    'set(span.name)',
    'set(span.name, "x", "y")',
    'set("x", "y")',
    'set(span.trace_id, "x")',
    'set(Len("x"), 1)',
    'set(span.name, "x") set(span.name, "y")',
    'set(span.name, "x") where',
    '',
  ],
].filter((text, index, all) => all.indexOf(text) === index);

const METRIC_EDITORS: readonly string[] = [
  ...calls('convert_sum_to_gauge', ['']),
  ...calls('convert_gauge_to_sum', ['"cumulative", true', '"delta", false', '"nope", true', '"cumulative"']),
  ...calls('extract_count_metric', ['true', 'false', 'true, "_n"', '1']),
  ...calls('extract_sum_metric', ['true', 'false', 'true, "_total"']),
  ...calls('scale_metric', ['10.0', '0.001, "s"', '2', '0.0', '-1.5']),
  ...calls('aggregate_on_attributes', [
    '"sum"',
    '"max", []',
    '"min", ["method"]',
    '"mean"',
    '"count"',
    '"median"',
    '"nope"',
  ]),
  ...calls('aggregate_on_attribute_value', [
    '"sum", "method", ["GET", "POST"], "ALL"',
    '"max", "state", ["used"], "x"',
    '"sum", "none", ["a"], "b"',
  ]),
  ...calls('convert_exponential_histogram_to_histogram', [
    '"upper", [1.0, 10.0]',
    '"midpoint", [1.0, 10.0]',
    '"uniform", [0.5, 5.0, 50.0]',
    '"random", []',
    '"nope", [1.0]',
  ]),
  ...calls('convert_summary_count_val_to_sum', ['"cumulative", true', '"delta", false', '"delta", false, "_c"']),
  ...calls('convert_summary_sum_val_to_sum', ['"cumulative", true', '"delta", false']),
  ...calls('convert_summary_quantile_val_to_gauge', ['', '"q"']),
];

/** Every editor on tables of arguments: those of all contexts on a span, those of metrics on each type of metric. */
export const editorsSuite: CompareSuite = {
  name: 'ottl-editors',
  cases: comparable([
    ...EDITORS.map((text) => statement('traces', text)),
    ...VALUES.map((value) => statement('traces', `set(span.attributes["copy"], ${value})`)),
    // A copy that has the name of its original would be copied again, for ever.
    ...calls('copy_metric', ['name = "copied"', 'name = "copied", desc = "d", unit = "u"', '"a", "b"', '"a", 7']).map(
      (text): CompareCase => ({
        ...statement('metrics', `${text} where metric.name == "http.requests"`),
        joinsGroups: true,
      }),
    ),
    ...METRIC_EDITORS.map(
      (text): CompareCase => ({ ...statement('metrics', `${text} where metric.name != ""`), joinsGroups: true }),
    ),
    statement('traces', 'set(span.cache["a"], span.name)', 'set(span.attributes["out"], span.cache["a"])'),
    statement('traces', 'delete_key(span.attributes, "http.method")', 'set(span.attributes["http.method"], "again")'),
    statement('traces', 'set(resource.attributes["n"], 1)', 'set(span.attributes["out"], resource.attributes["n"])'),
  ]),
};
