import { readDifferences } from '#query';
import { msText, numberText, timeText } from '../told.ts';
import { RANGE, type Tool } from '../tool.ts';

const UNITS = ['spans', 'traces'] as const;
const STATUSES = ['any', 'ok', 'error'] as const;
const percent = (share: number): string => `${numberText(share * 100)} %`;

export const WHAT_DIFFERS: Tool = {
  name: 'what_differs',
  title: 'What a selection has more often than the rest',
  description:
    'Attributes of spans, resources and events, ranked by how much more often selected spans have a value than others. Ask it why some fail or are slow.',
  arguments: {
    status: { type: 'string', description: 'selects spans that failed or did not; error without it', enum: STATUSES },
    min_duration: { type: 'string', description: 'selects spans that took at least so long: 500ms' },
    filter: { type: 'string', description: 'selects spans by the filter language' },
    service: { type: 'string', description: 'compares spans of this service alone' },
    operation: { type: 'string', description: 'compares spans of this name alone' },
    environment: { type: 'string', description: 'compares spans of this environment alone' },
    unit: {
      type: 'string',
      description: 'what is counted: spans, or traces with all that their spans have',
      enum: UNITS,
    },
    ...RANGE,
  },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const range = asked.range();
    const [filter, minMs] = [asked.text('filter'), asked.duration('min_duration')];
    const isOtherwiseSelected = filter !== undefined || minMs !== undefined;
    const status = asked.oneOf('status', STATUSES, isOtherwiseSelected ? 'any' : 'error');
    const found = await readDifferences(
      reader,
      {
        ...range,
        service: asked.text('service'),
        operation: asked.text('operation'),
        environment: asked.text('environment'),
        selection: {
          q: filter,
          minDurationNs: minMs === undefined ? undefined : minMs * 1e6,
          status: status === 'any' ? undefined : status,
        },
        unit: asked.oneOf('unit', UNITS, 'spans'),
        limit: 40,
      },
      options,
    );
    const { unit, selectedCount, restCount, selectedLookedAt, restLookedAt, keyCount } = found;
    const selectedBy = [
      filter ?? '',
      minMs === undefined ? '' : `at least ${msText(minMs * 1e6)}`,
      status === 'any' ? '' : status,
    ];
    told.line(
      `${timeText(range.fromMs)} to ${timeText(range.toMs)}, selected: ${selectedBy.filter((word) => word !== '').join(', ')}`,
    );
    told.line(`${selectedCount} ${unit} selected, ${restCount} others; ${keyCount} keys compared`);
    if (selectedLookedAt < selectedCount || restLookedAt < restCount)
      told.line(`looked at ${selectedLookedAt} of the selected and a sample of ${restLookedAt} of the others`);
    told.table(
      ['key', 'of', 'value', 'selected have it', 'others have it', 'score'],
      found.differences.map((one) => [
        `${one.key}${one.isOutcome ? ' (an outcome)' : ''}`,
        one.of,
        one.value.slice(0, 200),
        percent(one.selected),
        percent(one.rest),
        one.score,
      ]),
      'name a service or an operation',
    );
  },
};
