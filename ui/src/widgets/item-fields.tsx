/** The fields of an item with what was done to each. */
import type { ItemField } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { CHANGE_MARKS, inOrderOfInterest, MASK, valueText } from '../lib/item-fields.ts';
import '../styles/tap.css';

const CHANGE_WORDS = { added: 'added', removed: 'removed', changed: 'changed' } as const;

export function ItemFields({ fields }: { readonly fields: readonly ItemField[] }) {
  return (
    <table className="item-fields mono" aria-label="Fields of the item">
      <tbody>
        {inOrderOfInterest(fields).map((field) => (
          <tr key={field.path} className={field.change === undefined ? 'as-it-was' : `was-${field.change}`}>
            <td className="item-mark" title={field.change === undefined ? 'as it was' : CHANGE_WORDS[field.change]}>
              {field.change === undefined ? '' : CHANGE_MARKS[field.change]}
            </td>
            <th scope="row" title={visibleText(field.path)}>
              {visibleText(field.path)}
            </th>
            <td>
              <FieldValue field={field} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function FieldValue({ field: { change, value, before, masked } }: { readonly field: ItemField }) {
  if (change !== 'changed')
    return <Value value={value} isMasked={masked !== undefined} isGone={change === 'removed'} />;
  return (
    <>
      <Value value={before} isMasked={masked === 'before' || masked === 'both'} isGone />
      <span className="item-arrow"> → </span>
      <Value value={value} isMasked={masked === 'value' || masked === 'both'} />
    </>
  );
}

interface ValueProps {
  readonly value: ItemField['value'];
  readonly isMasked: boolean;
  readonly isGone?: boolean;
}

function Value({ value, isMasked, isGone = false }: ValueProps) {
  if (isMasked) {
    return (
      <span className="item-masked" title="A later component changes or removes it, so that it is not shown">
        {MASK}
      </span>
    );
  }
  const text = visibleText(valueText(value));
  return isGone ? <del>{text}</del> : <span>{text}</span>;
}
