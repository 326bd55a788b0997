/** The Model Context Protocol at `/mcp`: what programs that ask by a language model need to find what is wrong. Reads only. */
import { TextAnswer } from '../http/answers.ts';
import { plainError } from '../http/errors.ts';
import type { ApiPlugin, ApiRequest } from '../http/plugin.ts';

export const mcpApi: ApiPlugin = {
  name: 'mcp',
  prefixes: ['/mcp'],
  limits: { answerBytes: 1024 * 1024, bodyBytes: 256 * 1024, deadlineMs: 60_000, concurrency: 8, largeConcurrency: 4 },
  failed: plainError,
  routes: (needs) => [
    { method: 'POST', path: '', answer: (request) => answered(request, needs) },
    // Nothing is said unasked, and nothing is kept between requests.
    { method: 'GET', path: '', answer: notHere },
    { method: 'DELETE', path: '', answer: notHere },
  ],
};

/** The protocol's code is loaded when the first client comes. */
async function answered(request: ApiRequest, needs: Parameters<ApiPlugin['routes']>[0]): Promise<TextAnswer> {
  const { answerMessages } = await import('./messages.ts');
  return answerMessages(request, needs);
}

function notHere(): TextAnswer {
  const error = { code: -32000, message: 'Method not allowed: send messages by POST' };
  return new TextAnswer('application/json', JSON.stringify({ jsonrpc: '2.0', error, id: null }), {
    status: 405,
    headers: { allow: 'POST' },
  });
}
