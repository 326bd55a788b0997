/** Attributes as a table: key, value, and what can be done with the value. Nested values are written as JSON. */

import { useState } from 'react';
import type { Attributes, AttributeValue } from '#api/types.ts';
import { copyText } from '../lib/clipboard.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { Icon } from './icons.tsx';

export interface AttributeActions {
  readonly onInclude?: (key: string, value: AttributeValue) => void;
  readonly onExclude?: (key: string, value: AttributeValue) => void;
  readonly onGroup?: (key: string) => void;
}

interface AttributeTableProps extends AttributeActions {
  readonly label: string;
  readonly attributes: Attributes;
  readonly filter?: string;
}

const LONG_CHARS = 400;
const ONE_LINE_CHARS = 60;

export function AttributeTable({ label, attributes, filter = '', ...actions }: AttributeTableProps) {
  const needle = filter.toLowerCase();
  const entries = Object.entries(attributes)
    .filter(
      ([key, value]) =>
        needle === '' || key.toLowerCase().includes(needle) || printAttribute(value).toLowerCase().includes(needle),
    )
    .sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0)
    return <p className="muted attributes-none">{needle === '' ? 'None.' : 'Nothing matches.'}</p>;
  return (
    <table className="attributes" aria-label={label}>
      <tbody>
        {entries.map(([key, value]) => (
          <AttributeRow key={key} name={key} value={value} {...actions} />
        ))}
      </tbody>
    </table>
  );
}

function AttributeRow({
  name,
  value,
  onInclude,
  onExclude,
  onGroup,
}: AttributeActions & { readonly name: string; readonly value: AttributeValue }) {
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
          {onGroup ? <Action icon="group" title={`Group by ${shownName}`} run={() => onGroup(name)} /> : null}
          <CopyAction title={`Copy the value of ${shownName}`} text={text} />
        </span>
      </td>
    </tr>
  );
}

function Action({
  icon,
  title,
  run,
}: {
  readonly icon: 'include' | 'exclude' | 'group';
  readonly title: string;
  readonly run: () => void;
}) {
  return (
    <button type="button" title={title} aria-label={title} onClick={run}>
      <Icon name={icon} size={13} />
    </button>
  );
}

export function CopyAction({ title, text }: { readonly title: string; readonly text: string }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      title={title}
      aria-label={title}
      onClick={() => {
        void copyText(text).then((copied) => {
          setDone(copied);
          window.setTimeout(() => setDone(false), 1200);
        });
      }}
    >
      <Icon name={done ? 'check' : 'copy'} size={13} />
    </button>
  );
}

/** Text of an attribute in a table: strings as they are, everything else as JSON, over several lines if it is long. */
export function printAttribute(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length > ONE_LINE_CHARS ? JSON.stringify(value, null, 2) : line;
}

function cut(text: string): string {
  return visibleText(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
