/** What to paste to see the first span, for the language at hand, with this server's own address filled in. */
import { useState } from 'react';
import type { StatusResponse } from '#api/types.ts';
import { SNIPPETS, type SnippetLanguage, snippet } from '../lib/snippets.ts';
import { CopyAction } from '../widgets/attribute-table.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';

interface FirstRunProps {
  readonly status: StatusResponse;
  /** Nothing is stored yet: this page stands in place of all others and goes away by itself. */
  readonly waiting: boolean;
}

export function FirstRun({ status, waiting }: FirstRunProps) {
  const [language, setLanguage] = useState<SnippetLanguage>('node');
  const host = location.hostname || 'localhost';
  const text = snippet(language, { host, httpPort: status.ingest.httpPort, grpcPort: status.ingest.grpcPort });
  return (
    <div className="page-scroll">
      <PageTitle title={waiting ? 'Welcome' : 'Send data'} />
      <div className="first-run">
        <h2>{waiting ? 'Send the first span' : 'Send data from another service'}</h2>
        <p className="muted">
          Any OpenTelemetry SDK or collector can send here. Three lines for a service that has none yet:
        </p>
        <Segmented
          label="Language"
          value={language}
          options={SNIPPETS.map(({ id, title }) => [id, title] as const)}
          onChange={(id) => setLanguage(id as SnippetLanguage)}
        />
        <div className="snippet">
          <CopyAction title="Copy" text={text} />
          <pre className="mono">{text}</pre>
        </div>
        <dl className="endpoints">
          <div>
            <dt>OTLP over HTTP</dt>
            <dd className="mono">
              http://{host}:{status.ingest.httpPort}
            </dd>
          </div>
          <div>
            <dt>OTLP over gRPC</dt>
            <dd className="mono">
              {host}:{status.ingest.grpcPort}
            </dd>
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
