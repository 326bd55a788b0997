/** What to paste to see the first span, for the language at hand, with this server's own address filled in. */
import { useCallback, useState } from 'react';
import type { StatusResponse, TracesResponse } from '#api/types.ts';
import { getJson } from '../lib/api.ts';
import { useLinks } from '../lib/links.ts';
import { SNIPPETS, type SnippetLanguage, snippet } from '../lib/snippets.ts';
import { CopyAction } from '../widgets/copy-action.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';

interface FirstRunProps {
  readonly status: StatusResponse;
  /** Nothing is stored yet: this page stands in place of all others and goes away by itself. */
  readonly waiting: boolean;
}

/** How far around its newest item a signal's page is opened: the item may bear another time than now. */
const AROUND_MS = 5 * 60_000;

/** Goes to the first item that arrived: its trace, the page of its logs or of its metric. */
export function useFirstItem(): (signals: NonNullable<StatusResponse['signals']>) => Promise<void> {
  const links = useLinks();
  return useCallback(
    async ({ traces, logs }) => {
      const around = (newestMs: number | undefined) =>
        newestMs === undefined ? {} : { from: Math.floor(newestMs - AROUND_MS), to: Math.ceil(newestMs + AROUND_MS) };
      if (traces.hasData) {
        // Where the trace can't be had, the list of all is next best.
        const found = await getJson<TracesResponse>('/traces', { ...around(traces.newestMs), limit: 1 }).catch(
          () => undefined,
        );
        const trace = found?.traces[0];
        links.go(trace ? links.trace(trace.traceId) : links.traces());
      } else if (logs.hasData) links.go(links.logs(around(logs.newestMs)));
      else links.go(links.metrics());
    },
    [links],
  );
}

export function FirstRun({ status, waiting }: FirstRunProps) {
  const [language, setLanguage] = useState<SnippetLanguage>('node');
  const host = location.hostname || 'localhost';
  const { httpPort, grpcPort } = status.ingest;
  const text = snippet(language, { host, httpPort, grpcPort });
  const isTaken = httpPort !== undefined || grpcPort !== undefined;
  return (
    <div className="page-scroll">
      <PageTitle title={waiting ? 'Welcome' : 'Send data'} />
      <div className="first-run">
        <h2>{waiting ? 'Send the first span' : 'Send data from another service'}</h2>
        <p className="muted">
          {isTaken
            ? 'Any OpenTelemetry SDK or collector can send here. Three lines for a service that has none yet:'
            : 'No otlp receiver with a known port is in the configuration of this server. Send to the receivers that it has, or to the collector that writes to this store.'}
        </p>
        {isTaken ? (
          <Segmented
            label="Language"
            value={language}
            options={SNIPPETS.map(({ id, title }) => [id, title] as const)}
            onChange={(id) => setLanguage(id as SnippetLanguage)}
          />
        ) : null}
        {text === undefined ? (
          isTaken && <p className="muted">This one needs OTLP over HTTP, which no receiver here takes.</p>
        ) : (
          <div className="snippet">
            <CopyAction title="Copy" text={text} />
            <pre className="mono">{text}</pre>
          </div>
        )}
        <dl className="endpoints">
          <div>
            <dt>OTLP over HTTP</dt>
            <Address text={httpPort === undefined ? undefined : `http://${host}:${httpPort}`} />
          </div>
          <div>
            <dt>OTLP over gRPC</dt>
            <Address text={grpcPort === undefined ? undefined : `${host}:${grpcPort}`} />
          </div>
        </dl>
        {waiting ? (
          <p className="waiting" role="status">
            <i className="waiting-dot" /> Waiting for data. This page turns by itself when the first item arrives.
          </p>
        ) : null}
      </div>
    </div>
  );
}

function Address({ text }: { readonly text: string | undefined }) {
  return text === undefined ? <dd className="muted">not in the configuration</dd> : <dd className="mono">{text}</dd>;
}
