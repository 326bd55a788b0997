import { QueryError } from '#query';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest } from '../http/plugin.ts';
import type { ConsoleRequest } from './request.ts';
import type { OttlQuestion, OttlResponse, OttlWordsResponse } from './types.ts';

/** The longest sample and the longest statements, in characters. */
const LONGEST_INPUT = 256 * 1024;
const LONGEST_STATEMENTS = 16 * 1024;

/** POST /api/console/ottl : what some items become by statements in OTTL. Nothing is stored, and nothing stored is read. */
export function ottlRoute({ ottl }: ApiNeeds): (request: ApiRequest) => Promise<OttlResponse> {
  return async ({ body }) => {
    if (ottl === undefined) throw noPlayground();
    const question = questionOf(body);
    const outcome = await ottl.run(question);
    if ('answer' in outcome) return outcome.answer;
    const { error, hint, start, end } = outcome;
    throw new QueryError('bad_query', error, {
      ...(hint !== undefined && !error.includes(hint) && { hint }),
      ...(start !== undefined && { query: question.statements, start, end: end ?? start + 1 }),
    });
  };
}

/** GET /api/console/ottl/words?context */
export function ottlWordsRoute({ ottl }: ApiNeeds): (request: ConsoleRequest) => Promise<OttlWordsResponse> {
  return async ({ query }) => {
    if (ottl === undefined) throw noPlayground();
    const words = await ottl.words(query.required('context'));
    if (words === undefined) throw new QueryError('bad_query', 'the parameter context names no context of OTTL');
    return words;
  };
}

function noPlayground(): AnswerError {
  return new AnswerError(503, 'unavailable', 'this server runs no statements');
}

function questionOf(body: Buffer): OttlQuestion {
  let question: Partial<OttlQuestion>;
  try {
    question = JSON.parse(body.toString('utf8')) as Partial<OttlQuestion>;
  } catch {
    throw new QueryError('bad_query', 'the body is not JSON');
  }
  const { statements, context, input } = question ?? {};
  if (typeof statements !== 'string') throw new QueryError('bad_query', 'statements: expected a text');
  if (context !== undefined && typeof context !== 'string')
    throw new QueryError('bad_query', 'context: expected a text');
  const isFields = typeof input === 'object' && input !== null && Array.isArray(input.fields);
  if (typeof input !== 'string' && !isFields)
    throw new QueryError('bad_query', 'input: expected OTLP/JSON as a text, or an item');
  const length = typeof input === 'string' ? input.length : body.length;
  if (statements.length > LONGEST_STATEMENTS || length > LONGEST_INPUT) {
    throw new QueryError('too_large', 'a sample has at most 256 KiB, and statements 16 KiB');
  }
  return { statements, input: input as OttlQuestion['input'], ...(context !== undefined && { context }) };
}
