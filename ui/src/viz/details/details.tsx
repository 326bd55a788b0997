/** What is known of one thing as a table: key, value, and what can be done with the value. Nested values are written as JSON. */
import { useState } from 'react';
import type { AttributeValue } from '#api/types.ts';
import { printAttribute } from '../../lib/attribute-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, fieldOf } from '../../lib/frame.ts';
import { CopyAction } from '../../widgets/copy-action.tsx';
import { Icon } from '../../widgets/icons.tsx';

export interface DetailActions {
  readonly onInclude?: (key: string, value: AttributeValue) => void;
  readonly onExclude?: (key: string, value: AttributeValue) => void;
}

export interface DetailsProps extends DetailActions {
  readonly label: string;
  /** Fields `key` and `value`. */
  readonly frame: Frame;
  /** Only the rows that contain it are shown. */
  readonly filter?: string;
}

const LONG_CHARS = 400;

export function Details({ label, frame, filter = '', ...actions }: DetailsProps) {
  const keys = fieldOf(frame, 'key', 'text').values;
  const values = fieldOf(frame, 'value', 'value').values;
  const needle = filter.toLowerCase();
  const rows = keys
    .map((key, row) => ({ key, value: values[row]! }))
    .filter(
      ({ key, value }) =>
        needle === '' || key.toLowerCase().includes(needle) || printAttribute(value).toLowerCase().includes(needle),
    );
  if (rows.length === 0) return <p className="muted attributes-none">{needle === '' ? 'None.' : 'Nothing matches.'}</p>;
  return (
    <table className="attributes" aria-label={visibleText(label)}>
      <tbody>
        {rows.map(({ key, value }) => (
          <DetailRow key={key} name={key} value={value} {...actions} />
        ))}
      </tbody>
    </table>
  );
}

function DetailRow({
  name,
  value,
  onInclude,
  onExclude,
}: DetailActions & { readonly name: string; readonly value: AttributeValue }) {
  const [whole, setWhole] = useState(false);
  const text = printAttribute(value);
  const shownName = visibleText(name);
  const long = text.length > LONG_CHARS && !whole;
  return (
    <tr>
      <th scope="row" title={shownName}>
        {shownName.split(/(?<=[._])/).map((part, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of a fixed text
          <span key={i}>
            {part}
            <wbr />
          </span>
        ))}
      </th>
      <td>
        <span className={`mono attribute-value type-${value === null ? 'null' : typeof value}`}>
          {visibleText(long ? `${text.slice(0, LONG_CHARS)}…` : text)}
        </span>
        {long ? (
          <button type="button" className="link-button" onClick={() => setWhole(true)}>
            show all {text.length} characters
          </button>
        ) : null}
        <span className="attribute-actions">
          {onInclude ? (
            <Action icon="include" title={`Only ${shownName} = ${cut(text)}`} run={() => onInclude(name, value)} />
          ) : null}
          {onExclude ? (
            <Action icon="exclude" title={`Without ${shownName} = ${cut(text)}`} run={() => onExclude(name, value)} />
          ) : null}
          <CopyAction title={`Copy the value of ${shownName}`} text={text} />
        </span>
      </td>
    </tr>
  );
}

interface ActionProps {
  readonly icon: 'include' | 'exclude';
  readonly title: string;
  readonly run: () => void;
}

function Action({ icon, title, run }: ActionProps) {
  return (
    <button type="button" title={title} aria-label={title} onClick={run}>
      <Icon name={icon} size={13} />
    </button>
  );
}

function cut(text: string): string {
  return visibleText(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
