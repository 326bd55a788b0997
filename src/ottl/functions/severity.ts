import { fail, isInt, isList, typeName, type Value, type ValueMap } from '../values.ts';

type Criterion = (value: Value) => boolean;

/** Ranges that have a name: those of HTTP's status codes. */
const NAMED_RANGE = /^([2-5])xx$/;

/** The level whose criteria a value meets: texts that it equals, or ranges that it lies in. */
export class SeverityMapping {
  readonly #levels: readonly (readonly [string, readonly Criterion[]])[];

  constructor(mapping: ValueMap) {
    this.#levels = Array.from(mapping, ([level, criteria]) => {
      if (!isList(criteria)) fail('the criteria of a level must be a list');
      return [level, (criteria as readonly Value[]).flatMap(criteriaOf)];
    });
  }

  levelOf(value: Value): string {
    if (typeof value !== 'string' && !isInt(value))
      fail(`could not map log level: unsupported type ${typeName(value)}`);
    for (const [level, criteria] of this.#levels) if (criteria.some((holds) => holds(value))) return level;
    return fail(`could not map log level: no matching log level found for value '${String(value)}'`);
  }
}

function criteriaOf(criterion: Value): Criterion[] {
  if (!(criterion instanceof Map)) return fail('a criterion must be a map');
  const criteria: Criterion[] = [];
  const equals = criterion.get('equals');
  if (equals !== undefined) {
    if (!isList(equals) || equals.some((each) => typeof each !== 'string')) fail('equals must be a list of strings');
    criteria.push((value) => typeof value === 'string' && (equals as readonly Value[]).includes(value));
  }
  const range = criterion.get('range');
  if (range !== undefined) {
    const [min, max] = rangeOf(range);
    criteria.push((value) => isInt(value) && value >= min && value <= max);
  }
  return criteria;
}

function rangeOf(range: Value): readonly [number | bigint, number | bigint] {
  if (typeof range === 'string') {
    const hundreds = Number(NAMED_RANGE.exec(range)?.[1] ?? fail(`unknown range placeholder: ${range}`)) * 100;
    return [hundreds, hundreds + 99];
  }
  if (!(range instanceof Map)) return fail('range must be a map or a known placeholder string');
  const min = range.get('min') ?? fail('range must have a min value');
  const max = range.get('max') ?? fail('range must have a max value');
  if (!isInt(min) || !isInt(max)) return fail('min and max must be whole numbers');
  return [min, max];
}
