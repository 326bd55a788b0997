import { instantAt, Matcher, MemoryDocuments, Notifier, readNotifyConfig } from '../../../src/alerting/notify/index.ts';
import { startServer } from '../../../src/api/index.ts';
import { ManualClock, systemClock } from '../../../src/base/index.ts';
import { API_CONFIG, type ApiAnswer, askAll } from './api.ts';
import { answerOf, inOrder, type Observed, observedOf, Statuses } from './observed.ts';
import type { Scenario } from './scenarios.ts';

const SINK = 'http://sink.example';
const START_MS = Date.UTC(2026, 0, 5, 12);
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What receivers get from ours, on a clock that the scenario moves. */
export async function runOurs({ config, templates, steps, seconds, answers }: Scenario): Promise<Observed[]> {
  const clock = new ManualClock(START_MS);
  const observed: Observed[] = [];
  const statuses = new Statuses(answers);
  const text = config.replaceAll('SINK', SINK).replaceAll('TEMPLATES', 'own.tmpl');
  const setup = {
    config: readNotifyConfig({ text, file: 'scenario.yml' }),
    templates: templates === undefined ? [] : [{ name: 'own.tmpl', text: templates }],
  };
  const notifier = new Notifier(setup, {
    clock,
    random: () => 0.5,
    logger: SILENT,
    documents: new MemoryDocuments(),
    externalUrl: 'http://alertmanager.example',
    version: 'test',
    transport: {
      post: async ({ url, method = 'POST', headers, body }) => {
        const path = url.slice(SINK.length);
        const atMs = clock.nowMs();
        const authorization = headers?.['authorization'];
        observed.push(observedOf({ atMs, startMs: START_MS, method, path, authorization, body: JSON.stringify(body) }));
        const answer = answerOf(path);
        return {
          status: statuses.next(path),
          headers: { 'content-type': answer.type },
          body: Buffer.from(answer.body),
        };
      },
    },
  });
  await notifier.start();
  for (const step of steps) {
    await clock.advance(START_MS + step.at * 1000 - clock.nowMs());
    const at = (second: number): ReturnType<typeof instantAt> => instantAt(START_MS + second * 1000);
    if ('silence' in step) {
      const { matchers, endsAt } = step.silence;
      await notifier.silences.set(
        {
          id: '',
          matchers: matchers.map(
            ({ name, value, isRegex, isEqual }) =>
              new Matcher(isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=', name, value),
          ),
          startsAt: at(step.at),
          endsAt: at(endsAt),
          createdBy: 'me',
          comment: 'c',
          annotations: new Map(),
        },
        clock.nowMs(),
      );
      continue;
    }
    notifier.receive(
      step.alerts.map(({ labels, annotations = {}, startsAt, endsAt, generatorURL }) => ({
        labels: Object.entries(labels),
        annotations: Object.entries(annotations),
        startsAt: startsAt === undefined ? undefined : at(startsAt),
        endsAt: endsAt === undefined ? undefined : at(endsAt),
        generatorUrl: generatorURL,
      })),
    );
  }
  await clock.advance(START_MS + seconds * 1000 - clock.nowMs());
  notifier.stop();
  return inOrder(observed);
}

/** What our API answers. */
export async function askOurs(): Promise<readonly ApiAnswer[]> {
  const setup = { config: readNotifyConfig({ text: API_CONFIG, file: 'api.yml' }), templates: [] };
  const notifier = new Notifier(setup, {
    clock: systemClock,
    random: Math.random,
    logger: SILENT,
    documents: new MemoryDocuments(),
    externalUrl: 'http://alertmanager.example',
    version: 'test',
  });
  await notifier.start();
  // Nobody is at the store's address, and nothing of this asks it.
  const server = await startServer({ port: 0, notifier, engineUrl: 'http://127.0.0.1:1' });
  try {
    return await askAll(`${server.url}/alertmanager`);
  } finally {
    notifier.stop();
    await server.close();
  }
}
