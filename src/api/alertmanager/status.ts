import { instantAt, labelsOf, plainLabels, printMillis } from '#alerting/notify';
import type { ApiNeeds, ApiRoute } from '../http/plugin.ts';
import { jsonAnswer, notifierFor } from './errors.ts';
import { matchersOf, matchFilter } from './parameters.ts';

/** The version of Alertmanager whose API it is: Karma and others look at it. */
const VERSION = '0.35.0';

export function statusRoutes(needs: ApiNeeds): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/v2/status',
      isUrgent: true,
      answer: (request) => {
        const notifier = notifierFor(needs, request);
        return jsonAnswer({
          cluster: { peers: [], status: 'disabled' },
          config: { original: notifier.config.shown },
          uptime: printMillis(instantAt(notifier.startedAtMs)),
          versionInfo: {
            branch: '',
            buildDate: '',
            buildUser: `signalbox ${needs.version}`,
            goVersion: '',
            revision: '',
            version: VERSION,
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/api/v2/receivers',
      answer: (request) => {
        const matchers = matchersOf(request.query, 'receiver_matchers');
        const { receivers } = notifierFor(needs, request).config;
        return jsonAnswer(
          receivers
            .filter(({ labels }) => matchFilter(matchers, labels))
            .map(({ name, labels }) => ({ labels: plainLabels(labelsOf(labels)), name })),
        );
      },
    },
  ];
}
