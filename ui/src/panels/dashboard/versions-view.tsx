/** What a dashboard was: each time that it was saved, what differs between any two, and the way back to one. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DashboardResponse, DashboardVersion } from '#api/types.ts';
import type { ApiFailure } from '../../lib/api.ts';
import { askVersion, askVersions } from '../../lib/dashboards/save.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDateTime, plural } from '../../lib/format.ts';
import { Popover } from '../../widgets/popover.tsx';
import { ErrorState, Loading } from '../../widgets/states.tsx';
import { printedText } from './conflict-note.tsx';
import { DiffText } from './diff-text.tsx';
import type { Saving } from './use-saving.ts';

interface VersionsViewProps {
  readonly found: DashboardResponse;
  readonly saving: Saving;
  /** Restoring would leave changes behind that nobody has saved. */
  readonly isChanged: boolean;
  /** Nothing is left of the dashboard. */
  readonly onGone: () => void;
  readonly onClose: () => void;
}

export function VersionsView({ found, saving, isChanged, onGone, onClose }: VersionsViewProps) {
  const { uid, savedMs } = found;
  const versions = useQuery<readonly DashboardVersion[], ApiFailure>({
    queryKey: ['dashboard-versions', uid, savedMs],
    queryFn: ({ signal }) => askVersions(uid, signal),
  });
  const { data, error, refetch } = versions;
  return (
    <section className="section dash-versions" aria-label="Versions of the dashboard">
      <div className="section-head">
        <h2>Versions</h2>
        {data === undefined ? null : <span className="muted">{data.length}</span>}
        <span className="spacer" />
        {data !== undefined && data.length > 0 && found.saveRefusal === undefined ? (
          <RemoveButton saving={saving} isChanged={isChanged} onGone={onGone} />
        ) : null}
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      {data === undefined ? (
        error === null ? (
          <Loading what="the versions" />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : data.length === 0 ? (
        <p className="muted">It was never saved here: what is kept of it begins with the first time that it is.</p>
      ) : (
        <Versions key={data[0]!.savedMs} {...{ found, saving, isChanged }} versions={data} />
      )}
    </section>
  );
}

/** Asks once more, since nothing brings the versions back. */
function RemoveButton({ saving, isChanged, onGone }: Pick<VersionsViewProps, 'saving' | 'isChanged' | 'onGone'>) {
  const [problem, setProblem] = useState<string>();
  const remove = async (): Promise<void> => {
    try {
      if (!(await saving.remove())) onGone();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  if (isChanged) return null;
  return (
    <Popover title="Remove what was saved" label="Remove…" align="right">
      {() => (
        <div className="dash-adhoc-form">
          <p>All versions are forgotten. If a file has this uid, or it is built in, that dashboard is there again.</p>
          {problem === undefined ? null : <p className="error-text">{visibleText(problem)}</p>}
          <button type="button" className="button primary" onClick={() => void remove()}>
            Remove all versions
          </button>
        </div>
      )}
    </Popover>
  );
}

interface VersionsProps extends Omit<VersionsViewProps, 'onClose' | 'onGone'> {
  /** Newest first, at least one. */
  readonly versions: readonly DashboardVersion[];
}

function Versions({ found, saving, isChanged, versions }: VersionsProps) {
  const [newest, second] = versions;
  const [from, setFrom] = useState((second ?? newest!).savedMs);
  const [to, setTo] = useState(newest!.savedMs);
  const [problem, setProblem] = useState<string>();
  const restore = async ({ savedMs }: DashboardVersion): Promise<void> => {
    try {
      const text = await askVersion(found.uid, savedMs);
      await saving.save(text, `restored from ${formatDateTime(savedMs)}`, found.savedMs ?? null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const refusal = found.saveRefusal ?? (isChanged ? 'save or discard the changes first' : undefined);
  return (
    <>
      <div className="table-wrap">
        <table className="dash-version-table" aria-label="Versions">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Saved</th>
              <th scope="col">What changed</th>
              <th scope="col">By</th>
              <th scope="col" />
            </tr>
          </thead>
          <tbody>
            {versions.map((each) => {
              const { savedMs, message, author } = each;
              const time = formatDateTime(savedMs);
              return (
                <tr key={savedMs}>
                  <td>
                    <input
                      type="radio"
                      name="version-from"
                      aria-label={`From ${time}`}
                      checked={from === savedMs}
                      onChange={() => setFrom(savedMs)}
                    />
                  </td>
                  <td>
                    <input
                      type="radio"
                      name="version-to"
                      aria-label={`To ${time}`}
                      checked={to === savedMs}
                      onChange={() => setTo(savedMs)}
                    />
                  </td>
                  <td className="dash-version-time">{time}</td>
                  <td>{visibleText(message) || <span className="muted">nothing was said</span>}</td>
                  <td>{visibleText(author)}</td>
                  <td>
                    {each === newest ? (
                      <span className="muted">now</span>
                    ) : (
                      <button
                        type="button"
                        className="button"
                        disabled={refusal !== undefined}
                        title={refusal}
                        onClick={() => void restore(each)}
                      >
                        Restore
                      </button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {problem === undefined ? null : (
        <p className="error-text" role="alert">
          {visibleText(problem)}
        </p>
      )}
      {versions.length < 2 ? null : <Difference uid={found.uid} from={from} to={to} />}
    </>
  );
}

function Difference({ uid, from, to }: { readonly uid: string; readonly from: number; readonly to: number }) {
  const { data, error, refetch } = useQuery<readonly [string, string], ApiFailure>({
    queryKey: ['dashboard-difference', uid, from, to],
    queryFn: async ({ signal }) => [
      printedText(await askVersion(uid, from, signal)),
      printedText(await askVersion(uid, to, signal)),
    ],
  });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading what={plural(2, 'version')} />;
  return <DiffText before={data[0]} after={data[1]} same="These two are the same." />;
}
