/**
 * A process that writes spans until it is killed, for the crash test: `crash-writer.ts <engine url> <spool folder> <first id>`. It prints
 * `<first id> <count>` of each batch once that is acknowledged.
 */
import { storeEndpoint } from '../endpoint.ts';
import { spanBatch, testWriter } from './test-writer.ts';

const [url, folder, firstId] = process.argv.slice(2);
const { writer } = testWriter(storeEndpoint({ url: url! }), folder!, { spool: { segmentAgeMs: 20 } });
await writer.start();
const SENDERS = 4;
const COUNT = 25;
let nextId = Number(firstId);

async function send(): Promise<never> {
  for (;;) {
    const id = nextId;
    nextId += COUNT;
    await writer.write(spanBatch(COUNT, id, 'crash'));
    process.stdout.write(`${id} ${COUNT}\n`);
  }
}
await Promise.all(Array.from({ length: SENDERS }, send));
