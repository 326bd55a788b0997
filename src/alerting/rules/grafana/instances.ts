import { StringMap } from '#lang/go-template';
import { Labels } from '#query/promql.ts';
import type { VectorSample } from '../queries.ts';
import {
  type ConditionContext,
  evaluateCondition,
  type GrafanaCondition,
  GrafanaQueryError,
  type Instance,
  type InstanceValue,
} from './condition.ts';
import type { GrafanaSettings } from './states.ts';

/** From what a condition gives to the alerts of its rule: instances that fire, and what is told of data that are missing and of queries that fail. */

/** What fires, or would after its wait. */
export interface GrafanaSample extends VectorSample {
  readonly instance: Instance | undefined;
  /** An alert of another name, about the rule itself. */
  readonly about: 'DatasourceNoData' | 'DatasourceError' | undefined;
}

export interface GrafanaOutcome {
  readonly samples: readonly GrafanaSample[];
  /** Which of the alerts that were there, and that `samples` don't have, stay as they are: all, or those whose series has been gone for a short time. */
  readonly keeps: 'all' | 'none' | 'missing';
  /** Keys of the labels of all instances that are there, whether they fire or not. */
  readonly present: ReadonlySet<string>;
  /** Of them those whose alert, if there is one, stays as it is. */
  readonly held: ReadonlySet<string>;
  /** Why the condition could not be evaluated. */
  readonly error: GrafanaQueryError | undefined;
}

/** `hasAlerts`: whether any is active. */
export async function grafanaOutcome(
  condition: GrafanaCondition,
  settings: GrafanaSettings,
  context: ConditionContext & { readonly hasAlerts: boolean },
): Promise<GrafanaOutcome> {
  if (settings.isPaused) return { samples: [], keeps: 'none', ...NOBODY, error: undefined };
  try {
    const instances = await evaluateCondition(condition, context);
    if (instances.length > 0) return withData(instances, settings);
    const about = special(condition, settings.noData === 'NoData' ? 'DatasourceNoData' : undefined);
    return { ...treated(settings.noData, about, context.hasAlerts), ...NOBODY, error: undefined };
  } catch (error) {
    if (!(error instanceof GrafanaQueryError) || context.signal.aborted) throw error;
    const about = special(condition, settings.onError === 'Error' ? 'DatasourceError' : undefined, error);
    return { ...treated(settings.onError, about, context.hasAlerts), ...NOBODY, error };
  }
}

const NOBODY: Pick<GrafanaOutcome, 'present' | 'held'> = { present: new Set(), held: new Set() };

/** Instances that have no value are told of one by one. */
function withData(instances: readonly Instance[], { noData }: GrafanaSettings): GrafanaOutcome {
  const empty = instances.filter(({ state }) => state === 'no-data');
  const firing = instances.filter(({ state }) => state === 'firing').map(sampleOf);
  const told =
    noData === 'NoData'
      ? empty.map((each): GrafanaSample => ({ ...sampleOf(each), about: 'DatasourceNoData' }))
      : noData === 'Alerting'
        ? empty.map(sampleOf)
        : [];
  return {
    samples: [...firing, ...told],
    keeps: 'missing',
    present: new Set(instances.map(({ labels }) => labels.key)),
    held: new Set(noData === 'KeepLast' ? empty.map(({ labels }) => labels.key) : []),
    error: undefined,
  };
}

function treated(
  state: GrafanaSettings['noData'] | GrafanaSettings['onError'],
  about: GrafanaSample,
  hasAlerts: boolean,
): Pick<GrafanaOutcome, 'samples' | 'keeps'> {
  switch (state) {
    case 'OK':
      return { samples: [], keeps: 'none' };
    case 'KeepLast':
      return { samples: [], keeps: 'all' };
    case 'Alerting':
      return { samples: hasAlerts ? [] : [about], keeps: 'all' };
    case 'NoData':
    case 'Error':
      return { samples: [about], keeps: 'missing' };
  }
}

function sampleOf(instance: Instance): GrafanaSample {
  const { labels, values } = instance;
  return { labels, value: shownValue(values), histogram: undefined, instance, about: undefined };
}

/** What the condition is about, rather than its 1. */
function shownValue(values: readonly InstanceValue[]): number {
  const numbers = values.flatMap(({ value }) => (value === null ? [] : [value]));
  return numbers.find((value) => value !== 0 && value !== 1) ?? numbers[0] ?? 1;
}

function special(condition: GrafanaCondition, about: GrafanaSample['about'], error?: GrafanaQueryError): GrafanaSample {
  const queries = condition.nodes.filter((node) => node.kind === 'query');
  const failed = error?.node.kind === 'query' ? [error.node] : queries;
  const labels = Labels.of(
    new Map([
      ['datasource_uid', [...new Set(failed.map(({ sourceUid }) => sourceUid))].join(',')],
      ['ref_id', failed.map(({ refId }) => refId).join(',')],
    ]),
  );
  return { labels, value: 0, histogram: undefined, instance: undefined, about };
}

/** A value of a query as templates see it: it prints as its number. */
export class TemplateValue {
  static readonly goType = 'template.Value';
  readonly Labels: StringMap;
  readonly Value: number;

  constructor({ labels, value }: InstanceValue) {
    this.Labels = new StringMap(labels.pairs as [string, string][]);
    this.Value = value ?? Number.NaN;
  }

  String(): string {
    return String(this.Value);
  }
}
