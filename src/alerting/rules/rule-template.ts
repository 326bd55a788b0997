import { type GoFunctions, NotYet, type StringMap, TemplateSet } from '#lang/go-template';
import { ruleFunctions, type TemplateSample } from './rule-functions.ts';

/** What a label or annotation of a rule says: a text, or a template for it. */

/** So that `{{ $labels.job }}` may be written for `{{ .Labels.job }}`; errors count columns from here, as Prometheus' do. */
const VARIABLES =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

/** In Grafana's rules `$values` are those of the queries, by refId. */
const VARIABLES_OF_GRAFANA = `${VARIABLES}{{$values := .Values}}`;

/** Only their names count, where a template is read. */
const NAMES: GoFunctions = ruleFunctions({ query: () => [], timeMs: 0, externalUrl: '' });
/** A template may ask for so many results. */
const QUERIES_MAX = 100;

export interface TemplateData {
  readonly labels: StringMap;
  readonly externalLabels: StringMap;
  readonly externalUrl: string;
  /** A double, or a histogram that prints itself. */
  readonly value: unknown;
  /** Of rules of Grafana: what prints itself, by refId. */
  readonly values?: ReadonlyMap<string, unknown>;
}

export interface TemplateContext {
  readonly timeMs: number;
  readonly query: (text: string) => Promise<readonly TemplateSample[]>;
}

export class RuleTemplate {
  readonly text: string;
  readonly #name: string;
  readonly #set: TemplateSet | undefined;

  /** Throws a TemplateError where the text is no template. `alert` names it in errors. */
  constructor(alert: string, text: string, flavour: 'prometheus' | 'grafana' = 'prometheus') {
    this.text = text;
    this.#name = `__alert_${alert}`;
    if (text.includes('{{'))
      this.#set = new TemplateSet(NAMES).add(
        this.#name,
        (flavour === 'grafana' ? VARIABLES_OF_GRAFANA : VARIABLES) + text,
      );
  }

  /** The text, or one that says what failed, as Prometheus writes it into the label. */
  async expand(data: TemplateData, context: TemplateContext): Promise<string> {
    if (this.#set === undefined) return this.text;
    const results = new Map<string, QueryResult>();
    const functions = ruleFunctions({
      query: (text) => knownResult(results, text, context),
      timeMs: context.timeMs,
      externalUrl: data.externalUrl,
    });
    const dot = {
      Labels: data.labels,
      ExternalLabels: data.externalLabels,
      ExternalURL: data.externalUrl,
      Value: data.value,
      Values: data.values ?? new Map(),
    };
    for (;;) {
      try {
        return this.#set.execute(this.#name, dot, { missingKey: 'zero', functions });
      } catch (error) {
        if (!(error instanceof NotYet)) {
          const what = error instanceof Error ? error.message : String(error);
          return `<error expanding template: error executing template ${this.#name}: ${what}>`;
        }
        // The template waits for results: once they are there it runs again, and gets as far as the next one.
        await Promise.all(Array.from(results.values(), ({ done }) => done));
      }
    }
  }
}

interface QueryResult {
  samples: readonly TemplateSample[] | undefined;
  error: unknown;
  readonly done: Promise<void>;
}

function knownResult(
  results: Map<string, QueryResult>,
  text: string,
  context: TemplateContext,
): readonly TemplateSample[] {
  const known = results.get(text);
  if (known?.samples !== undefined) return known.samples;
  if (known?.error !== undefined) throw known.error;
  if (known === undefined) {
    if (results.size >= QUERIES_MAX) throw new Error(`a template may ask at most ${QUERIES_MAX} queries`);
    const result: QueryResult = {
      samples: undefined,
      error: undefined,
      done: context.query(text).then(
        (samples) => {
          result.samples = samples;
        },
        (error: unknown) => {
          result.error = error ?? new Error('the query failed');
        },
      ),
    };
    results.set(text, result);
  }
  throw new NotYet('the result of a query');
}
