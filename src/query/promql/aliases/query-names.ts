import { childrenOf, type LabelMatcher, type PromExpr } from '#lang/promql';
import { familyOf, labelGroup } from './families.ts';
import { SelectorNames } from './selector-names.ts';

/**
 * What a query calls metrics and labels. Where it uses one name of several, that one stands for all of them; where it uses two of them, it
 * means each as it is written.
 */
export class QueryNames {
  readonly #labels: ReadonlySet<string>;
  readonly #metrics: ReadonlySet<string>;

  private constructor(labels: Iterable<string>, metrics: Iterable<string>) {
    this.#labels = new Set(labels);
    this.#metrics = new Set(metrics);
  }

  static ofQuery(expr: PromExpr): QueryNames {
    const [labels, metrics] = [new Set<string>(), new Set<string>()];
    collect(expr, labels, metrics);
    return new QueryNames(labels, metrics);
  }

  /** `labels`: what is asked about the series beside. */
  static ofSelectors(selectors: readonly (readonly LabelMatcher[])[], labels: readonly string[] = []): QueryNames {
    const matchers = selectors.flat();
    return new QueryNames([...labels, ...matchers.map(({ name }) => name)], metricsIn(matchers));
  }

  /** What a selector stands for beside its own words; undefined for nothing. */
  selector(matchers: readonly LabelMatcher[]): SelectorNames | undefined {
    const names = metricsIn(matchers);
    const asked = names.length === 1 ? familyOf(names[0]!) : undefined;
    const family = asked?.family;
    const isWrittenOut = [...this.#metrics].some((name) => {
      const found = familyOf(name);
      return found !== undefined && found.family === family && found.place !== asked?.place;
    });
    const labels = [...this.#labels].flatMap((label) => {
      const group = labelGroup(label, family);
      const isOne = group !== undefined && group.filter((name) => this.#labels.has(name)).length === 1;
      return isOne ? [[label, group] as const] : [];
    });
    const others = isWrittenOut ? undefined : asked;
    if (labels.length === 0 && (others === undefined || others.family.names.length === 1)) return undefined;
    return new SelectorNames(others, new Map(labels), family, this.#labels);
  }
}

function metricsIn(matchers: readonly LabelMatcher[]): string[] {
  return matchers.filter(({ name, operator }) => name === '__name__' && operator === '=').map(({ value }) => value);
}

function collect(expr: PromExpr, labels: Set<string>, metrics: Set<string>): void {
  const add = (names: readonly string[]): void => names.forEach((name) => void labels.add(name));
  switch (expr.kind) {
    case 'selector':
      add(expr.matchers.map(({ name }) => name));
      for (const name of metricsIn(expr.matchers)) metrics.add(name);
      break;
    case 'aggregation':
      add(expr.grouping);
      break;
    case 'binary':
      add([...(expr.matching?.labels ?? []), ...(expr.matching?.include ?? [])]);
      break;
    case 'call':
      if (NAMES_LABELS.has(expr.name))
        add(expr.arguments.flatMap((argument) => (argument.kind === 'string' ? [argument.value] : [])));
      break;
    default:
  }
  for (const child of childrenOf(expr)) collect(child, labels, metrics);
}

/** Functions with texts among their arguments that are labels. */
const NAMES_LABELS: ReadonlySet<string> = new Set([
  'label_join',
  'label_replace',
  'sort_by_label',
  'sort_by_label_desc',
]);
