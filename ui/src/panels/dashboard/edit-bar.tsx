/** What can be done with a dashboard that is being changed. */
import { copyText } from '../../lib/clipboard.ts';
import { printJson } from '../../lib/dashboards/edit.ts';
import { useKeys } from '../../lib/keys.ts';
import type { Draft } from './use-draft.ts';

interface EditBarProps {
  readonly draft: Draft;
  readonly onSave: () => void;
  readonly onAdd: () => void;
  readonly onJson: () => void;
  readonly onVersions: () => void;
  readonly onDone: () => void;
}

export function EditBar({ draft, onSave, onAdd, onJson, onVersions, onDone }: EditBarProps) {
  const { dashboard, json, isChanged, canUndo, canRedo, undo, redo, discard } = draft;
  const text = printJson(json);
  useKeys([
    { keys: 'u', help: 'Undo the last change', group: 'Dashboard', run: undo },
    { keys: 'U', help: 'Do it again', group: 'Dashboard', run: redo },
    { keys: 'ctrl+s', help: 'Save', group: 'Dashboard', run: onSave },
  ]);
  return (
    <div className="toolbar dash-edit" role="toolbar" aria-label="Changes of the dashboard">
      <button type="button" className={isChanged ? 'button primary' : 'button'} title="ctrl+s" onClick={onSave}>
        Save
      </button>
      <button type="button" className="button" onClick={onAdd}>
        Add a panel
      </button>
      <button type="button" className="button" disabled={!canUndo} title="Undo ( u )" onClick={undo}>
        Undo
      </button>
      <button type="button" className="button" disabled={!canRedo} title="Do it again ( U )" onClick={redo}>
        Redo
      </button>
      <button type="button" className="button" onClick={onJson}>
        JSON
      </button>
      <button type="button" className="button" onClick={onVersions}>
        Versions
      </button>
      <a
        className="button"
        download={`${dashboard.uid}.json`}
        href={`data:application/json;charset=utf-8,${encodeURIComponent(text)}`}
      >
        Download
      </a>
      <button type="button" className="button" onClick={() => void copyText(text)}>
        Copy
      </button>
      <button type="button" className="button" disabled={!isChanged} onClick={discard}>
        Discard
      </button>
      <span className="spacer" />
      <button type="button" className="button" onClick={onDone}>
        Done
      </button>
    </div>
  );
}
