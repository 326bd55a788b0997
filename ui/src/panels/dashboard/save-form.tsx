/** Saves a dashboard that was changed, as its next version or as a copy; or says why it can't. */
import { type ReactNode, useRef, useState } from 'react';
import type { DashboardResponse } from '#api/types.ts';
import { copyOf, printJson } from '../../lib/dashboards/edit.ts';
import { isConflict } from '../../lib/dashboards/save.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { useKeys } from '../../lib/keys.ts';
import { Icon } from '../../widgets/icons.tsx';
import type { Draft } from './use-draft.ts';
import type { Saving } from './use-saving.ts';

interface SaveFormProps {
  readonly found: DashboardResponse;
  readonly draft: Draft;
  readonly saving: Saving;
  readonly onSaved: () => void;
  readonly onCopied: (uid: string) => void;
  readonly onClose: () => void;
}

const MESSAGE_LENGTH_LIMIT = 500;

export function SaveForm({ found, draft, saving, onSaved, onCopied, onClose }: SaveFormProps) {
  const { dashboard, json, base, isOutdated } = draft;
  const fixed = found.origin === 'saved' ? undefined : whyFixed(found);
  const [isCopy, setCopy] = useState(fixed !== undefined);
  const [title, setTitle] = useState(`${dashboard.title} copy`);
  const [message, setMessage] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const isReady = !isBusy && (isCopy ? title.trim() !== '' : !isOutdated && draft.isChanged);
  useKeys([
    { keys: 'ctrl+s', help: 'Save', group: 'Dashboard', run: () => form.current?.requestSubmit() },
    { keys: 'Escape', help: 'Close', group: 'Dashboard', run: onClose },
  ]);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      if (isCopy)
        onCopied(await saving.saveCopy(printJson(copyOf(json, title.trim(), `${found.uid}-copy`)), message.trim()));
      else {
        await saving.save(printJson(json), message.trim(), base);
        onSaved();
      }
    } catch (error) {
      // What somebody else saved is said above, with what can be done.
      if (isCopy || !isConflict(error)) setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const head = isCopy ? 'Save as a copy' : 'Save';
  if (found.saveRefusal !== undefined)
    return (
      <Shell title="Save" onClose={onClose}>
        <p>
          It can’t be saved: {visibleText(found.saveRefusal)}. Download the file and put it into a folder of dashboards.
        </p>
      </Shell>
    );
  return (
    <Shell title={head} onClose={onClose}>
      {fixed === undefined ? null : <p>{fixed} It can’t be overwritten here; a copy can be saved and changed.</p>}
      <form
        ref={form}
        className="dash-fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void submit();
        }}
      >
        {isCopy ? (
          <label className="dash-wide">
            <span className="muted">Title of the copy</span>
            <input className="input" value={title} onChange={(event) => setTitle(event.target.value)} />
          </label>
        ) : null}
        <label className="dash-wide">
          <span className="muted">What changed</span>
          <input
            className="input"
            // biome-ignore lint/a11y/noAutofocus: the form was just asked for
            autoFocus
            maxLength={MESSAGE_LENGTH_LIMIT}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
        </label>
        <button type="submit" className="button primary" disabled={!isReady} title="ctrl+s">
          {head}
        </button>
        {fixed === undefined ? (
          <button type="button" className="button" onClick={() => setCopy(!isCopy)}>
            {isCopy ? 'Save it itself' : 'As a copy'}
          </button>
        ) : null}
      </form>
      {isCopy || draft.isChanged ? null : <p className="muted">Nothing is changed.</p>}
      {problem === undefined ? null : (
        <p className="error-text" role="alert">
          {visibleText(problem)}
        </p>
      )}
    </Shell>
  );
}

function whyFixed({ origin, file }: DashboardResponse): string {
  return origin === 'built-in'
    ? 'This dashboard comes with Signalbox.'
    : `This dashboard comes from the file ${visibleText(file)}, which the server does not write.`;
}

interface ShellProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function Shell({ title, onClose, children }: ShellProps) {
  return (
    <section className="section dash-save" aria-label="Save the dashboard">
      <div className="section-head">
        <h2>{title}</h2>
        <span className="spacer" />
        <button type="button" className="button icon quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </div>
      {children}
    </section>
  );
}
