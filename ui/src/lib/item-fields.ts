/** Items of taps and trials as people read them: what they are in a line, and what was done to each field. */
import type { ItemField, ItemOutcome, PlainValue } from '#api/types.ts';

export const MASK = '●●●';

/** A mark and a word for each outcome; none is told by its colour alone. */
export const OUTCOMES: Readonly<Record<ItemOutcome, { readonly mark: string; readonly word: string }>> = {
  passed: { mark: '', word: 'passed' },
  changed: { mark: '~', word: 'changed' },
  dropped: { mark: '−', word: 'left out' },
  added: { mark: '+', word: 'added' },
  refused: { mark: '!', word: 'refused' },
  held: { mark: '…', word: 'held' },
};

export const CHANGE_MARKS: Readonly<Record<NonNullable<ItemField['change']>, string>> = {
  added: '+',
  removed: '−',
  changed: '~',
};

/** What says best what an item is, in this order. */
const HEADS: readonly string[] = ['name', 'body', 'event_name', 'metric.name'];
const SERVICE = 'resource.attributes["service.name"]';

/** A value on one line. Texts without quotes, where they stand alone. */
export function valueText(value: PlainValue | undefined): string {
  if (value === undefined) return MASK;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textAt(fields: readonly ItemField[], path: string): string | undefined {
  const field = fields.find((one) => one.path === path);
  return field && valueText(field.value);
}

/** Its name, or its text. */
export function headOf(fields: readonly ItemField[]): string {
  for (const path of HEADS) {
    const text = textAt(fields, path);
    if (text !== undefined) return text;
  }
  return 'an item without a name';
}

export function serviceOf(fields: readonly ItemField[]): string | undefined {
  return textAt(fields, SERVICE);
}

/** What was changed comes first, then what is masked, then the rest; each in the order of the item. */
export function inOrderOfInterest(fields: readonly ItemField[]): readonly ItemField[] {
  const rank = ({ change, masked }: ItemField): number => (change !== undefined ? 0 : masked !== undefined ? 1 : 2);
  return fields.toSorted((a, b) => rank(a) - rank(b));
}
