import { expect, test } from 'vitest';
import { traceOfLog } from './log-trace.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const ZEROS = '0'.repeat(32);

test.each([
  ['as it was sent', ID, '', {}, ID],
  ['in JSON', '', `{"level":"info","trace_id":"${ID}"}`, {}, ID],
  ['behind a blank', '', `{"trace_id": "${ID}"}`, {}, ID],
  ['in logfmt', '', `level=info traceID=${ID} msg=x`, {}, ID],
  ['of 64 bits', '', 'trace_id=8448eb211c80319c', {}, `${'0'.repeat(16)}8448eb211c80319c`],
  ['in an attribute', '', 'x', { trace_id: ID.toUpperCase() }, ID],
  ['in a body with fields', '', { trace_id: ID }, {}, ID],
  ['of zeros is none', ZEROS, `{"trace_id":"${ZEROS}"}`, {}, ''],
  ['of zeros as it was sent, but told by the text', ZEROS, `trace_id=${ID}`, {}, ID],
  ['of another name is none', '', `parent_trace_id=${ID}`, {}, ''],
  ['that goes on is none', '', `trace_id=${ID}00`, {}, ''],
  ['that is no hex is none', '', 'trace_id=yes', {}, ''],
])('a trace id %s', (_, traceId, body, attributes, want) => {
  expect(traceOfLog({ traceId, body, attributes })).toBe(want);
});

test('a field that a data source derives is before what the text says, and behind what was sent', () => {
  const other = 'a'.repeat(32);
  const record = {
    body: `trace_id=${ID}`,
    attributes: {},
    links: [
      { name: 'Runbook', url: 'https://runbooks.example/x' },
      { name: 'TraceID', traceId: other },
    ],
  };
  expect(traceOfLog({ ...record, traceId: '' })).toBe(other);
  expect(traceOfLog({ ...record, traceId: ID })).toBe(ID);
});
