/** Text with the colours that it would have in a terminal. */
import { terminalRuns, visibleText } from '../lib/foreign-text.ts';

export function TerminalText({ text }: { readonly text: string }) {
  return terminalRuns(text).map(({ text: run, colour, bold }, i) => {
    const classes = [colour === undefined ? '' : `ansi-${colour}`, bold ? 'strong' : ''].filter(Boolean).join(' ');
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a fixed text
      <span key={i} {...(classes ? { className: classes } : {})}>
        {visibleText(run)}
      </span>
    );
  });
}
