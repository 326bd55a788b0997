/** Opens a trace from a file, by a button or by dropping it there. It is shown, and not stored. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useLinks } from '../lib/links.ts';
import { Icon } from '../widgets/icons.tsx';

/** The file that was opened last, among the answers of the server: it is gone with the page. */
export const TRACE_FILE = ['trace-file'];

export function OpenFile({ label = 'Open file' }: { readonly label?: string }) {
  const client = useQueryClient();
  const links = useLinks();
  const input = useRef<HTMLInputElement>(null);
  const [isReading, setIsReading] = useState(false);
  const [fault, setFault] = useState<string>();
  const open = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setIsReading(true);
    setFault(undefined);
    try {
      const { openTraceFile } = await import('../lib/trace-file/trace-file.ts');
      client.setQueryData(TRACE_FILE, await openTraceFile(file));
      links.go(links.traceFile());
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
    setIsReading(false);
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.ndjson,.jsonl,application/json"
        aria-label="Trace file"
        onChange={(event) => void open(event.target.files?.[0])}
      />
      <button
        type="button"
        className="button"
        disabled={isReading}
        title="Show a trace from a file of OTLP/JSON or of Jaeger, up to 100 MiB. It is not stored."
        onClick={() => input.current?.click()}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void open(event.dataTransfer.files[0]);
        }}
      >
        {isReading ? 'Reading…' : label}
      </button>
      {fault === undefined ? null : (
        <span className="error-text" role="alert">
          <Icon name="warning" size={13} /> {fault}
        </span>
      )}
    </>
  );
}
