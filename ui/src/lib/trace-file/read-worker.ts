/** A large file takes seconds to read, in which the page must not stand still. */
import { TraceFileError } from './file-spans.ts';
import { readTraceFile } from './trace-file.ts';

interface WorkerPort {
  onmessage: ((event: MessageEvent<File>) => void) | null;
  postMessage(message: unknown): void;
}

const port = globalThis as unknown as WorkerPort;
port.onmessage = ({ data: file }) => {
  file
    .text()
    .then((text) => ({ read: readTraceFile(file.name, text) }))
    .catch((error: unknown) => ({
      fault: error instanceof TraceFileError ? error.message : `${file.name} could not be read: ${String(error)}`,
    }))
    .then((answer) => port.postMessage(answer));
};
