import {
  isSameMatcher,
  type Matcher,
  makeMatcher,
  type NewSilence,
  type Notifier,
  plainLabels,
  printMillis,
  type Silence,
  SilenceError,
  type SilenceState,
  silenceStateOf,
} from '#alerting/notify';
import { compareText, messageOf } from '#base';
import type { TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest, ApiRoute } from '../http/plugin.ts';
import { flagIn, labelsIn, listOf, objectOf, readJson, required, textIn, timeIn } from './body.ts';
import { emptyAnswer, jsonAnswer, notifierFor, SchemaError } from './errors.ts';
import { flagOf, matchersOf } from './parameters.ts';

export function silenceRoutes(needs: ApiNeeds): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v2/silences',
      answer: (request) => listSilences(notifierFor(needs, request), request),
    },
    {
      method: 'POST',
      path: '/api/v2/silences',
      answer: (request) => setSilence(notifierFor(needs, request), readSilence(request)),
    },
    {
      method: 'GET',
      path: '/api/v2/silence/:silenceID',
      answer: (request) => {
        const notifier = notifierFor(needs, request);
        const silence = notifier.silences.get(idOf(request));
        return silence === undefined ? emptyAnswer(404) : jsonAnswer(shownSilence(silence, notifier.nowMs));
      },
    },
    {
      method: 'DELETE',
      path: '/api/v2/silence/:silenceID',
      answer: (request) => expireSilence(notifierFor(needs, request), idOf(request)),
    },
  ];
}

const UUID = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i;

function idOf({ path }: ApiRequest): string {
  const id = path['silenceID']!;
  if (UUID.test(id)) return id;
  throw new SchemaError(601, `silenceID in path must be of type uuid: ${JSON.stringify(id.slice(0, 80))}`);
}

const ORDER: readonly SilenceState[] = ['active', 'pending', 'expired'];

/** Active ones that end soon first, then those that begin soon, then those that ended lately. */
function listSilences(notifier: Notifier, { query }: ApiRequest): TextAnswer {
  const { nowMs } = notifier;
  const matchers = matchersOf(query, 'filter');
  const states = new Set(ORDER.filter((state) => flagOf(query, state)));
  // Without any state all are shown.
  const shown = Array.from(notifier.silences.all())
    .map((silence) => ({ silence, state: silenceStateOf(silence, nowMs) }))
    .filter(({ silence, state }) => (states.size === 0 || states.has(state)) && hasAll(silence, matchers))
    .sort((a, b) => {
      if (a.state !== b.state) return ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
      const [one, other] = [a.silence, b.silence];
      if (a.state === 'pending') return one.startsAt.ms - other.startsAt.ms;
      const byEnd = one.endsAt.ms - other.endsAt.ms;
      return (a.state === 'active' ? byEnd : -byEnd) || compareText(one.id, other.id);
    });
  return jsonAnswer(shown.map(({ silence }) => shownSilence(silence, nowMs)));
}

/** Whether a silence was made with these matchers, among others. */
function hasAll({ matchers }: Silence, asked: readonly Matcher[]): boolean {
  return asked.every((one) => matchers.some((matcher) => isSameMatcher(matcher, one)));
}

function shownSilence(silence: Silence, nowMs: number): object {
  return {
    id: silence.id,
    status: { state: silenceStateOf(silence, nowMs) },
    updatedAt: printMillis(silence.updatedAt),
    ...(silence.annotations.size > 0 && { annotations: plainLabels(silence.annotations) }),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: printMillis(silence.endsAt),
    matchers: silence.matchers.map(({ name, value, isRegex, isEqual }) => ({ isEqual, isRegex, name, value })),
    startsAt: printMillis(silence.startsAt),
  };
}

function readSilence({ body }: ApiRequest): NewSilence {
  const object = objectOf(readJson(body, 'silence'), 'silence');
  const given = object['matchers'] === undefined ? undefined : listOf(object['matchers'], 'matchers');
  // In this order: the first that is missing is said.
  const comment = required(textIn(object, 'comment', ''), 'comment');
  const createdBy = required(textIn(object, 'createdBy', ''), 'createdBy');
  const endsAt = required(timeIn(object, 'endsAt', ''), 'endsAt');
  const matchers = required(given, 'matchers');
  if (matchers.length === 0) throw new SchemaError(612, 'matchers in body should have at least 1 items');
  return {
    id: textIn(object, 'id', '') ?? '',
    startsAt: required(timeIn(object, 'startsAt', ''), 'startsAt'),
    endsAt,
    createdBy,
    comment,
    annotations: new Map(labelsIn(object, 'annotations', '') ?? []),
    matchers: matchers.map((item, i) => {
      const place = `matchers.${i}.`;
      const matcher = objectOf(item, place);
      const name = required(textIn(matcher, 'name', place), `${place}name`);
      const value = required(textIn(matcher, 'value', place), `${place}value`);
      const isRegex = required(flagIn(matcher, 'isRegex', place), `${place}isRegex`);
      return refusing(() =>
        makeMatcher(i, { name, value, isRegex, isEqual: flagIn(matcher, 'isEqual', place) ?? true }),
      );
    }),
  };
}

async function setSilence(notifier: Notifier, silence: NewSilence): Promise<TextAnswer> {
  const { startsAt, endsAt } = silence;
  const { nowMs } = notifier;
  if (startsAt.ms >= endsAt.ms) {
    throw new AnswerError(400, 'bad_query', 'Failed to create silence: start time must be before end time');
  }
  if (endsAt.ms < nowMs) {
    throw new AnswerError(400, 'bad_query', "Failed to create silence: end time can't be in the past");
  }
  try {
    return jsonAnswer({ silenceID: await notifier.silences.set(silence, nowMs) });
  } catch (error) {
    throw refusalOf(error);
  }
}

async function expireSilence(notifier: Notifier, id: string): Promise<TextAnswer> {
  try {
    await notifier.silences.expire(id, notifier.nowMs);
    return emptyAnswer(200);
  } catch (error) {
    if (error instanceof SilenceError && error.isNotFound) return emptyAnswer(404);
    throw refusalOf(error);
  }
}

function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  // What is no mistake of the silence is the store's, which has to keep it.
  if (!(error instanceof SilenceError)) {
    return new AnswerError(503, 'store_unavailable', `the store does not keep it: ${messageOf(error)}`);
  }
  return new AnswerError(error.isNotFound ? 404 : 400, error.isNotFound ? 'not_found' : 'bad_query', error.message);
}
