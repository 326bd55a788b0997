import { Pattern, readTemplate, type Template } from '#lang/pattern';
import type { FieldConfig, FieldSource, K8sAttributesConfig } from './config.ts';

/** Labels or annotations of an object. */
export type Fields = Readonly<Record<string, string>>;

/** How attributes are named that the configuration gives no name: some in the plural of before the semantic conventions, as in otelcol. */
const PLURAL: ReadonlySet<FieldSource> = new Set(['pod', 'namespace', 'node']);

/** Takes labels or annotations of one kind of objects (otelcol-contrib processor/k8sattributesprocessor/internal/kube/kube.go@v0.160.0). */
class FieldRule {
  readonly from: FieldSource;
  readonly #key: string;
  readonly #pattern: Pattern | undefined;
  readonly #tagName: string;
  /** Makes the attribute's name of a key that matches; undefined where the usual name holds. */
  readonly #template: Template | undefined;
  readonly #prefix: string;

  constructor({ from, key, keyRegex, tagName }: FieldConfig, kind: 'label' | 'annotation') {
    this.from = from;
    this.#key = key;
    this.#tagName = tagName;
    this.#prefix = `k8s.${from}.${kind}${PLURAL.has(from) ? 's' : ''}.`;
    if (keyRegex === '') return;
    this.#pattern = new Pattern(`^(?:${keyRegex})$`);
    // As there: a name without a group in the expression would be the same for all keys, and is not used.
    if (this.#pattern.groupNames.length > 1 && tagName !== '') this.#template = readTemplate(tagName);
  }

  /** Whether it may take the field of this key: others need not be kept. */
  wants(key: string): boolean {
    return this.#pattern === undefined ? key === this.#key : this.#pattern.test(key);
  }

  /** Adds what it takes to the attributes, in place of what has the same name. */
  extract(fields: Fields, into: Map<string, string>): void {
    if (this.#pattern === undefined) {
      const value = Object.hasOwn(fields, this.#key) ? fields[this.#key] : undefined;
      if (value !== undefined) into.set(this.#tagName || this.#prefix + this.#key, value);
      return;
    }
    for (const [key, value] of Object.entries(fields)) {
      const places = value === '' ? undefined : this.#pattern.find(key);
      if (places === undefined) continue;
      const name =
        this.#template === undefined ? this.#prefix + key : this.#pattern.expand(this.#template, key, places);
      into.set(name, value);
    }
  }
}

export interface FieldRules {
  readonly labels: readonly FieldRule[];
  readonly annotations: readonly FieldRule[];
}

const OTEL_ANNOTATIONS: FieldConfig = {
  from: 'pod',
  key: '',
  keyRegex: 'resource\\.opentelemetry\\.io/(.+)',
  tagName: '$1',
};

/** All rules of a configuration, by the kind of objects that they look at. */
export function fieldRules(config: K8sAttributesConfig): (from: FieldSource) => FieldRules {
  const annotations = [...config.annotations, ...(config.takesOtelAnnotations ? [OTEL_ANNOTATIONS] : [])];
  const all = {
    labels: config.labels.map((one) => new FieldRule(one, 'label')),
    annotations: annotations.map((one) => new FieldRule(one, 'annotation')),
  };
  return (from) => ({
    labels: all.labels.filter((rule) => rule.from === from),
    annotations: all.annotations.filter((rule) => rule.from === from),
  });
}

const NO_FIELDS: Fields = {};

/** The fields that some rule may take, and those of `always`. */
export function keptFields(
  fields: Fields | undefined,
  rules: readonly FieldRule[],
  always: readonly string[] = [],
): Fields {
  const kept = Object.entries(fields ?? {}).filter(
    ([key]) => always.includes(key) || rules.some((rule) => rule.wants(key)),
  );
  return kept.length === 0 ? NO_FIELDS : Object.fromEntries(kept);
}
