/**
 * Alertmanager's HTTP API, version 2, for amtool, Grafana's data source, Karma and whoever else asks an Alertmanager; Prometheus sends its alerts to
 * it. Answers and errors are those of Alertmanager 0.35.
 */
import { TextAnswer } from '../http/answers.ts';
import type { ApiPlugin } from '../http/plugin.ts';
import { alertRoutes } from './alerts.ts';
import { alertmanagerFailure } from './errors.ts';
import { silenceRoutes } from './silences.ts';
import { statusRoutes } from './status.ts';

const MEBIBYTE = 1024 * 1024;
const OK = (): TextAnswer => new TextAnswer('text/plain; charset=utf-8', 'OK');

export const alertmanagerApi: ApiPlugin = {
  name: 'alertmanager',
  prefixes: ['/alertmanager'],
  limits: {
    answerBytes: 64 * MEBIBYTE,
    bodyBytes: 16 * MEBIBYTE,
    deadlineMs: 30_000,
    concurrency: 20,
    largeConcurrency: 4,
  },
  about: `This is the address of an Alertmanager, for Grafana's data source, Karma, or

  amtool --alertmanager.url=http://HOST:PORT/alertmanager alert query

It answers api/v2/status, receivers, alerts, alerts/groups, silences and silence/ID, and takes the alerts of a Prometheus.
Alerts for people to look at are in the console, at / of this server.
`,
  failed: alertmanagerFailure,
  routes: (needs) => [
    ...statusRoutes(needs),
    ...alertRoutes(needs),
    ...silenceRoutes(needs),
    { method: 'GET', path: '/-/healthy', answer: OK, isUrgent: true },
    { method: 'GET', path: '/-/ready', answer: OK, isUrgent: true },
  ],
};
