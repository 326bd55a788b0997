/** A stack trace. */
import { visibleText } from '../../lib/foreign-text.ts';
import { CopyAction } from '../../widgets/copy-action.tsx';

/** Frames of libraries are pale: the first own frame is what one looks for. */
export function StackTrace({ text }: { readonly text: string }) {
  return (
    <div className="stack">
      <CopyAction title="Copy the stack trace" text={text} />
      <pre className="mono">
        {text.split('\n').map((line, i) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text
            key={i}
            className={/node_modules|node:internal|site-packages|\/usr\/lib\/|\(internal\//.test(line) ? 'muted' : ''}
          >
            {visibleText(line)}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}
