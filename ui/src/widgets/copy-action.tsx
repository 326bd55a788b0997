/** A small button that copies a text and says for a moment that it did. */
import { useState } from 'react';
import { copyText } from '../lib/clipboard.ts';
import { Icon } from './icons.tsx';

const DONE_MS = 1200;

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
          window.setTimeout(() => setDone(false), DONE_MS);
        });
      }}
    >
      <Icon name={done ? 'check' : 'copy'} size={13} />
    </button>
  );
}
