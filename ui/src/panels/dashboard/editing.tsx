/** All that is on the page of a dashboard while it is changed, but for the open panel. */
import { useRef, useState } from 'react';
import type { DashboardResponse } from '#api/types.ts';
import { type JsonObject, readDashboard } from '#dashboards';
import { addPanel } from '../../lib/dashboards/edit.ts';
import { useLinks } from '../../lib/links.ts';
import { ConflictNote } from './conflict-note.tsx';
import { EditBar } from './edit-bar.tsx';
import { JsonView } from './json-view.tsx';
import { LeaveQuestion } from './leave-question.tsx';
import { SaveForm } from './save-form.tsx';
import type { Draft } from './use-draft.ts';
import { useSaving } from './use-saving.ts';
import { VersionsView } from './versions-view.tsx';

interface EditingProps {
  readonly found: DashboardResponse;
  readonly draft: Draft;
  /** Changes may be there without it, from another day. */
  readonly isEditing: boolean;
  readonly onOpenPanel: (id: number) => void;
  readonly onEdit: (isEditing: boolean) => void;
}

type View = 'json' | 'versions' | 'save';

export function Editing({ found, draft, isEditing, onOpenPanel, onEdit }: EditingProps) {
  const { json, change } = draft;
  const [view, setView] = useState<View>();
  const saving = useSaving(found);
  const links = useLinks();
  const mayLeave = useRef(false);
  const toggle = (one: View): void => setView(view === one ? undefined : one);
  const close = (): void => setView(undefined);
  const openCopy = (uid: string): void => {
    mayLeave.current = true;
    draft.discard();
    links.go(links.dashboard(uid));
  };
  return (
    <>
      {draft.isTouched ? (
        <LeaveQuestion
          mayLeave={mayLeave}
          onDiscard={draft.discard}
          onSave={() => {
            onEdit(true);
            setView('save');
          }}
        />
      ) : null}
      {isEditing ? (
        <EditBar
          draft={draft}
          onSave={() => setView('save')}
          onAdd={() => {
            const added = addPanel(json);
            change(added.json);
            onOpenPanel(added.id);
          }}
          onJson={() => toggle('json')}
          onVersions={() => toggle('versions')}
          onDone={() => {
            close();
            onEdit(false);
          }}
        />
      ) : null}
      {isEditing && draft.isOutdated ? <ConflictNote found={found} draft={draft} /> : null}
      {isEditing && view === 'save' ? (
        <SaveForm {...{ found, draft, saving }} onSaved={close} onCopied={openCopy} onClose={close} />
      ) : null}
      {isEditing && view === 'versions' ? (
        <VersionsView
          {...{ found, saving }}
          isChanged={draft.isChanged}
          onGone={() => links.go(links.dashboards())}
          onClose={close}
        />
      ) : null}
      {isEditing && view === 'json' ? (
        <JsonView
          key={JSON.stringify(json).length}
          before={givenJson(found)}
          json={json}
          onApply={(next) => change(next)}
          onClose={close}
        />
      ) : null}
    </>
  );
}

/** As it is read, so that what reading makes of an old file is no change of anybody. */
function givenJson({ file, text }: DashboardResponse): JsonObject {
  return readDashboard({ name: file, text }).dashboard.json;
}
