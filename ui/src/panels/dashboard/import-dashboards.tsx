/** Files of dashboards, dropped on the page or chosen, become dashboards that are saved. */
import { useEffect, useRef, useState } from 'react';
import { saveDashboard } from '../../lib/dashboards/save.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';

/** A file is read whole; the server takes no larger one. */
const FILE_BYTES_LIMIT = 4 * 1024 * 1024;
const FILES_LIMIT = 100;

interface Outcome {
  readonly importedCount: number;
  readonly problems: readonly string[];
}

async function importFiles(files: readonly File[]): Promise<Outcome> {
  const problems: string[] = [];
  let importedCount = 0;
  for (const file of files.slice(0, FILES_LIMIT)) {
    try {
      if (file.size > FILE_BYTES_LIMIT) throw new Error('has more than 4 MiB');
      await saveDashboard(await file.text(), `imported from ${file.name}`);
      importedCount++;
    } catch (error) {
      problems.push(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (files.length > FILES_LIMIT)
    problems.push(`${files.length - FILES_LIMIT} files were left out: ${FILES_LIMIT} at a time`);
  return { importedCount, problems };
}

export function ImportDashboards({ onImported }: { readonly onImported: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>();
  const [isOver, setOver] = useState(false);
  const take = (files: readonly File[]): void => {
    if (files.length === 0) return;
    void importFiles(files).then((done) => {
      setOutcome(done);
      if (done.importedCount > 0) onImported();
    });
  };
  useDrop(take, setOver);
  return (
    <>
      {outcome === undefined ? null : (
        <span className={outcome.problems.length > 0 ? 'error-text small' : 'muted small'} role="status">
          {visibleText([`${plural(outcome.importedCount, 'dashboard')} imported`, ...outcome.problems].join('; '))}
        </span>
      )}
      <button
        type="button"
        className={isOver ? 'button on' : 'button'}
        title="Grafana's JSON; files can also be dropped on this page"
        onClick={() => input.current?.click()}
      >
        {isOver ? 'Drop to import' : 'Import'}
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        hidden
        aria-label="Files to import"
        onChange={({ target }) => {
          take([...(target.files ?? [])]);
          target.value = '';
        }}
      />
    </>
  );
}

/** Files that are dropped anywhere on the page. */
function useDrop(onFiles: (files: readonly File[]) => void, onOver: (isOver: boolean) => void): void {
  const latest = useRef({ onFiles, onOver });
  latest.current = { onFiles, onOver };
  useEffect(() => {
    const isFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!isFiles(event)) return;
      event.preventDefault();
      latest.current.onOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) latest.current.onOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!isFiles(event)) return;
      event.preventDefault();
      latest.current.onOver(false);
      latest.current.onFiles([...(event.dataTransfer?.files ?? [])]);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
}
