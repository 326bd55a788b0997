import { TextAnswer } from '../http/answers.ts';
import type { ApiRoute } from '../http/plugin.ts';
import { success } from './answers.ts';

/** What a Prometheus says of itself, as far as clients ask for it. */
export function statusRoutes(version: string): readonly ApiRoute[] {
  const startedMs = Date.now();
  return [
    get('/api/v1/status/buildinfo', () =>
      success({
        // The version whose language and API these are: clients choose by it what they may ask.
        version: '3.16.0',
        revision: `signalbox-${version}`,
        branch: 'HEAD',
        buildUser: 'signalbox',
        buildDate: '',
        goVersion: '',
      }),
    ),
    get('/api/v1/status/runtimeinfo', () =>
      success({
        startTime: new Date(startedMs).toISOString(),
        CWD: '',
        reloadConfigSuccess: true,
        storageRetention: '',
      }),
    ),
    get('/api/v1/status/config', () => success({ yaml: '' })),
    get('/api/v1/status/flags', () => success({})),
    // Rules, targets and receivers of alerts are no part of this server yet: there are none.
    get('/api/v1/rules', () => success({ groups: [] })),
    get('/api/v1/alerts', () => success({ alerts: [] })),
    get('/api/v1/targets', () => success({ activeTargets: [], droppedTargets: [], droppedTargetCounts: {} })),
    get('/api/v1/alertmanagers', () => success({ activeAlertmanagers: [], droppedAlertmanagers: [] })),
    // At the root they are the server's own.
    { ...get('/-/healthy', () => plain('Prometheus Server is Healthy.\n')), isBelowFirst: true },
    { ...get('/-/ready', () => plain('Prometheus Server is Ready.\n')), isBelowFirst: true },
  ];
}

function plain(text: string): TextAnswer {
  return new TextAnswer('text/plain; charset=utf-8', text);
}

function get(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path, answer };
}
