/** The links of a span, both ways. */
import type { Attributes } from '#api/types.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, fieldOf } from '../../lib/frame.ts';
import { attributesFrame } from '../../lib/frames/details.ts';
import { useLinks } from '../../lib/links.ts';
import { To } from '../../widgets/to.tsx';
import { Details } from './details.tsx';
import { isEmpty } from './span-events.tsx';

/** Fields `direction`, `trace`, `span`, `title` and `attributes`. */
export function SpanLinks({ frame }: { readonly frame: Frame }) {
  const links = useLinks();
  const texts = (name: string) => fieldOf(frame, name, 'text').values;
  const [traces, spans, titles] = [texts('trace'), texts('span'), texts('title')];
  const attributes = fieldOf(frame, 'attributes', 'value').values;
  return (
    <ul className="detail-spanlinks">
      {texts('direction').map((direction, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed frame
        <li key={row}>
          <span className="muted">{direction}</span>
          <To
            target={links.trace(traces[row]!, { span: spans[row]! })}
            {...(direction === 'to' ? { className: 'mono' } : {})}
          >
            {visibleText(titles[row]!)}
          </To>
          {isEmpty(attributes[row]) ? null : (
            <Details label="Link" frame={attributesFrame('link', attributes[row] as Attributes)} />
          )}
        </li>
      ))}
    </ul>
  );
}
