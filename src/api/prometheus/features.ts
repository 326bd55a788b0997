import { PROM_FUNCTIONS, type PromqlOptions } from '#lang/promql';
import { DEFAULT_OPTIONS } from '#query/promql.ts';

/** What `/api/v1/features` says: kinds of features, and for each feature whether it is on (util/features of Prometheus 3.16). */
export type Features = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

function all(names: string, isOn = true): Record<string, boolean> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, isOn]),
  );
}

/** `takesMetrics`: whether metrics may be pushed; `options`: what of PromQL is on over HTTP. */
export function featuresOf(takesMetrics: boolean, options: PromqlOptions): Features {
  const hasExperimental = options.hasExperimentalFunctions === true;
  const hasFill = options.hasFillModifiers === true;
  return {
    api: {
      ...all('admin lifecycle search query_cost', false),
      ...all('label_values_match query_stats query_warnings remote_read time_range_labels time_range_series'),
      otlp_write_receiver: takesMetrics,
      remote_write_receiver: takesMetrics,
    },
    otlp_receiver: { delta_conversion: false, native_delta_ingestion: takesMetrics },
    prometheus: { agent_mode: false, auto_reload_config: false, server_mode: true },
    promql: {
      ...all(
        'anchored at_modifier bool by group_left group_right ignoring negative_offset offset on smoothed subqueries without',
      ),
      duration_expr: true,
      unquoted_utf8_names: options.hasUtf8Names === true,
      per_query_lookback_delta: true,
      per_step_stats: false,
      delayed_name_removal: DEFAULT_OPTIONS.delaysNameRemoval,
      type_and_unit_labels: DEFAULT_OPTIONS.hasTypeLabels,
      fill: hasFill,
      fill_left: hasFill,
      fill_right: hasFill,
    },
    promql_functions: Object.fromEntries(
      Array.from(PROM_FUNCTIONS.values(), ({ name, isExperimental }) => [name, !isExperimental || hasExperimental]),
    ),
    promql_operators: {
      ...all('!= !~ % * + - / < <= == =~ > >= @ ^ and atan2 or unless'),
      ...all('avg bottomk count count_values group max min quantile stddev stdvar sum topk'),
      limit_ratio: hasExperimental,
      limitk: hasExperimental,
    },
    tsdb: { exemplar_storage: true, native_histograms: true, isolation: false },
  };
}

/** What of PromQL is on over HTTP: what a Prometheus without flags has. */
export const HTTP_PROMQL: PromqlOptions = {};
