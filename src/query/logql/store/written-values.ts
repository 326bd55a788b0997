/** Numbers as they are written in lines, as the store reads them. */
import { float, raw, type Sql, sql, text } from '../../sql/index.ts';

/** Whatever keys a label's name was made of, this stands at the end of the last one: other signs have become underscores. */
export const LAST_WORD: RegExp = /[a-zA-Z0-9]+$/;

interface Written {
  /** Values as they are written mostly. All others are left to the query. */
  readonly form: string;
  readonly value: (of: Sql) => Sql;
  /** Whether the value is exact. */
  readonly isWhole: (of: Sql) => Sql;
}

const SECONDS: Sql = raw("['ns', 'us', 'ms', 's', 'm', 'h'], [1e-9, 1e-6, 1e-3, 1., 60., 3600.]");

export const WRITTEN: { readonly [unit in 'number' | 'duration']: Written } = {
  number: {
    form: '^[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$',
    value: (of) => sql`toFloat64OrZero(${of})`,
    isWhole: (of) => sql`match(${of}, '^-?[0-9]{1,15}$')`,
  },
  duration: {
    form: '^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$',
    value: (of) =>
      sql`toFloat64OrZero(extract(${of}, '[0-9.]+')) * transform(extract(${of}, '[a-z]+'), ${SECONDS}, 1.)`,
    isWhole: () => raw('0'),
  },
};

/** ClickHouse reads a decimal number to within the last bits. */
const TOLERANCE = 1e-9;

function margin(value: number): number {
  return TOLERANCE * Math.abs(value);
}

/** Whether a value lies on the same side of a bound as the one that is written. */
export function isFarFrom(of: Sql, bound: number): Sql {
  return sql`abs(${of} - ${float(bound)}) > ${float(margin(bound))}`;
}

/** All that may be within bounds, both inclusive. */
export function mayLieWithin(of: Sql, least: number, most: number): readonly Sql[] {
  return [
    ...(Number.isFinite(least) ? [sql`${of} >= ${float(least - margin(least))}`] : []),
    ...(Number.isFinite(most) ? [sql`${of} <= ${float(most + margin(most))}`] : []),
  ];
}

/** In quotes or not. */
export function writtenForm(unit: keyof typeof WRITTEN): Sql {
  return sql`${text(WRITTEN[unit].form.replace('^', '^"?').replace('$', '"?$'))}`;
}
