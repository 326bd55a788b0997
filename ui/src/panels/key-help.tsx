/** All keys that work on this page, in a dialog (`?`). */
import { useEffect, useRef } from 'react';
import { activeBindings, type KeyBinding } from '../lib/keys.ts';

export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const groups = new Map<string, KeyBinding[]>();
  for (const binding of activeBindings()) {
    if (/^Arrow|^Home|^End/.test(binding.keys)) continue;
    const group = groups.get(binding.group);
    if (group) group.push(binding);
    else groups.set(binding.group, [binding]);
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className="keys"
      aria-label="Keyboard"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="section-head">
        <h2>Keyboard</h2>
        <span className="spacer" />
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      <div className="keys-columns">
        {[...groups].map(([group, bindings]) => (
          <section key={group} className="keys-group">
            <h3>{group}</h3>
            <ul>
              {bindings.map(({ keys, help }) => (
                <li key={keys}>
                  {help}
                  <span>
                    {keys.split(' ').map((stroke) => (
                      <kbd key={stroke}>{stroke}</kbd>
                    ))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </dialog>
  );
}
