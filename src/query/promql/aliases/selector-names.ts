import { Labels } from '../labels.ts';
import { promotedKeys } from '../store/resource-labels.ts';
import { type Family, type FamilyPlace, type LabelGroup, labelGroup, type Ratio, ratioOf } from './families.ts';

/** A name under which the metric that a selector asks for is stored, too. */
export interface OtherName {
  readonly name: string;
  /** What the selector calls it. */
  readonly asked: string;
  /** Of those that are taken where one service has several: the lower, the sooner. */
  readonly rank: number;
  readonly suffix: string;
  /** From its unit to that of the name that was asked for. */
  readonly ratio: Ratio | undefined;
}

/** What a selector stands for beside its own words. Made anew for each time that it is looked up: it remembers what it found. */
export class SelectorNames {
  readonly others: ReadonlyMap<string, OtherName>;
  /** Labels that the query names, with their other names. */
  readonly #groups: ReadonlyMap<string, LabelGroup>;
  readonly #family: Family | undefined;
  readonly #isToday: boolean;
  readonly #mentioned: ReadonlySet<string>;
  /** Labels that were found under another name. */
  readonly #renamed = new Map<string, string>();

  constructor(
    asked: FamilyPlace | undefined,
    groups: ReadonlyMap<string, LabelGroup>,
    family: Family | undefined,
    mentioned: ReadonlySet<string>,
  ) {
    this.others = new Map(asked === undefined ? [] : othersOf(asked).map((other) => [other.name, other]));
    this.#groups = groups;
    this.#family = family;
    this.#isToday = asked?.place === 0;
    this.#mentioned = mentioned;
  }

  /** The label, and those that count in its place where a series lacks it. */
  labelNames(label: string): readonly string[] {
    const group = this.#groups.get(label);
    return group === undefined ? [label] : [label, ...group.filter((name) => name !== label)];
  }

  /** Labels in the query's words. Those of a metric that has another name there are all in the words of the name that was asked for. */
  relabelled(labels: Labels, other: OtherName | undefined): Labels {
    const renames = new Map<string, string>();
    for (const [label, group] of this.#groups) {
      if (labels.get(label) !== '') continue;
      const stored = group.find((name) => labels.get(name) !== '');
      if (stored === undefined) continue;
      renames.set(stored, label);
      if (other === undefined) this.#renamed.set(label, stored);
    }
    if (other !== undefined) {
      for (const [name] of labels.pairs) {
        const word = renames.has(name) ? undefined : this.#wordFor(name);
        if (word !== undefined && word !== name && labels.get(word) === '') renames.set(name, word);
      }
    }
    if (renames.size === 0) return labels;
    return Labels.of(labels.pairs.map(([name, value]) => [renames.get(name) ?? name, value]));
  }

  #wordFor(label: string): string | undefined {
    // A resource's labels are the same on all metrics, and those that the query names are in its words.
    if (promotedKeys(label).length > 0 || this.#mentioned.has(label)) return undefined;
    const group = labelGroup(label, this.#family);
    if (group === undefined || group.some((name) => this.#mentioned.has(name))) return undefined;
    if (this.#isToday) return group[0];
    // Of names that a metric's label had, the oldest was in use for longest.
    return this.#family?.groups.has(label) ? group.at(-1) : group[1];
  }

  /** What is to be said of an answer to which series of these other names belong. */
  notes(found: Iterable<OtherName>): string[] {
    const metrics = Array.from(found, ({ name, asked, ratio }) => {
      const how = ratio === undefined ? 'with its labels renamed' : 'with its labels renamed and its unit converted';
      return `${JSON.stringify(asked)} is also read from ${JSON.stringify(name)}, another name of it in the semantic conventions, ${how}`;
    });
    const labels = Array.from(
      this.#renamed,
      ([label, stored]) =>
        `label ${JSON.stringify(label)} is also read from ${JSON.stringify(stored)}, another name of it in the semantic conventions`,
    );
    return [...metrics, ...labels];
  }
}

function othersOf({ family, place, suffix }: FamilyPlace): OtherName[] {
  const asked = family.names[place]!;
  return family.names.flatMap(({ name, unit }, rank) => {
    if (rank === place) return [];
    return [{ name: name + suffix, asked: asked.name + suffix, rank, suffix, ratio: ratioOf(unit, asked.unit) }];
  });
}
