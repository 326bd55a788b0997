/** The events of a span, each with when it was, its attributes, and the stack trace of an exception. */
import type { Attributes } from '#api/types.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, fieldOf, textAt } from '../../lib/frame.ts';
import { attributesFrame } from '../../lib/frames/details.ts';
import { Details } from './details.tsx';
import { StackTrace } from './stack-trace.tsx';

/** Fields `name`, `time`, `attributes` and `stack`. */
export function SpanEvents({ frame }: { readonly frame: Frame }) {
  const names = fieldOf(frame, 'name', 'text').values;
  const attributes = fieldOf(frame, 'attributes', 'value').values;
  const stacks = fieldOf(frame, 'stack', 'text').values;
  return (
    <ul className="detail-events">
      {names.map((name, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed frame
        <li key={row}>
          <div className="event-head">
            <b className={name === 'exception' ? 'error-text' : ''}>{visibleText(name)}</b>
            <span className="muted small">+{textAt(frame, 'time', row)}</span>
          </div>
          {isEmpty(attributes[row]) ? null : (
            <Details label={name} frame={attributesFrame(name, attributes[row] as Attributes)} />
          )}
          {stacks[row] === '' ? null : <StackTrace text={stacks[row]!} />}
        </li>
      ))}
    </ul>
  );
}

export function isEmpty(attributes: unknown): boolean {
  return typeof attributes !== 'object' || attributes === null || Object.keys(attributes).length === 0;
}
