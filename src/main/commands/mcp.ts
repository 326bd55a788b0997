import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { messageOf } from '#base';
import type { Flags } from '../flags.ts';
import { askText } from '../query/answer.ts';
import { serverOf } from '../query/ask.ts';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
/** JSON-RPC's code of an error that is none of the request. */
const INTERNAL = -32603;

/** `signalbox mcp`: the server's `/mcp` on standard input and output, for programs that start what they ask. Ends when the input does. */
export async function mcpCommand(flags: Flags): Promise<number> {
  const url = await serverOf(flags);
  const stdio = new StdioServerTransport();
  const open = new Set<Promise<void>>();
  stdio.onmessage = (message) => {
    const passing = pass(url, message, stdio).finally(() => open.delete(passing));
    open.add(passing);
  };
  stdio.onerror = (error) => process.stderr.write(`signalbox mcp: ${messageOf(error)}\n`);
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    process.stdout.once('error', () => resolve());
  });
  await stdio.start();
  await ended;
  await Promise.all(open);
  return 0;
}

async function pass(url: string, message: JSONRPCMessage, stdio: StdioServerTransport): Promise<void> {
  let answer: JSONRPCMessage | undefined;
  try {
    const { status, text } = await askText(url, '/mcp', {
      method: 'POST',
      body: JSON.stringify(message),
      headers: HEADERS,
    });
    answer = text === '' ? undefined : (JSON.parse(text) as JSONRPCMessage);
    if (answer !== undefined && !('jsonrpc' in answer))
      throw new Error(`${url}/mcp answered ${status}: ${text.slice(0, 300)}`);
  } catch (error) {
    // A notification has nobody who waits for an answer.
    if (!('id' in message) || message.id === undefined) return;
    const { hint } = error as { readonly hint?: string };
    const said = `${messageOf(error)}${hint === undefined ? '' : ` (${hint})`}`;
    answer = { jsonrpc: '2.0', id: message.id, error: { code: INTERNAL, message: said } };
  }
  if (answer !== undefined) await stdio.send(answer);
}
