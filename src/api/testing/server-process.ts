/** Runs the server over the store at the URL of the first argument, says its own URL, and ends when its input does. */
import { startServer } from '../index.ts';

const server = await startServer({ port: 0, engineUrl: process.argv[2]! });
process.stdout.write(`${server.url}\n`);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
