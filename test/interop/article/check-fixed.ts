import { promqlUse } from '../../../src/main/lint/with/promql-use.ts';
import { assertEqual, assertThat, type Report, until } from '../report.ts';
import { resourceAttributesIn } from './arrived.ts';
import { checkSampled, expressionsIn, POD } from './check-unchanged.ts';
import type { Setting } from './setting.ts';
import { SECRET, sendTraces } from './traffic.ts';

const WAIT_MS = 90_000;

/** What `lint --fix` makes of the article's files does what their author meant. */
export async function checkFixed(report: Report, setting: Setting): Promise<void> {
  const { folder, jaeger, loki, series, traces } = setting;
  await checkSampled(report, setting);
  await report.check('no token is in Jaeger', () => {
    assertThat(jaeger.bodies.length > 0, 'nothing came');
    assertEqual(jaeger.bodies.filter((body) => body.includes(SECRET)).length, 0, 'requests with the token');
    assertThat(
      jaeger.bodies.some((body) => body.includes('token=REDACTED')),
      'nothing was redacted',
    );
  });
  await report.check('Loki has the lines by OTLP, with their service and pod', async () => {
    await until(
      WAIT_MS,
      () => Promise.resolve(loki.otlp),
      (requests) => requests.length > 0,
    );
    const [attributes] = resourceAttributesIn(loki.otlp);
    assertEqual(attributes?.['service.name'], 'orders', 'service.name');
    for (const [key, value] of Object.entries(POD)) assertEqual(attributes?.[key], value, key);
  });
  await report.check('every panel has its series', async () => {
    for (const { owner, text } of expressionsIn(folder).filter(({ text }) => !/[<>]/.test(text))) {
      const count = await until(
        WAIT_MS,
        () => series.count(text),
        (found) => found > 0,
      );
      assertThat(count > 0, `"${owner}" shows nothing`);
    }
  });
  await report.check('metrics of spans count all of them, sampled or not', async () => {
    const expression = `sum(traces_span_metrics_calls_total) == ${traces.length}`;
    const count = await until(
      WAIT_MS,
      () => series.count(expression),
      (found) => found > 0,
    );
    assertThat(count > 0, `there is no ${expression}`);
  });
  await report.check('every alert has its series, that of losses from the first one on', async () => {
    jaeger.isRefusing = true;
    await sendTraces();
    for (const { owner, text } of expressionsIn(folder)) {
      for (const { name, from } of promqlUse(text).selectors) {
        const selector = text.slice(from).match(/^[\w:]+(\{[^}]*\})?/)?.[0] ?? String(name);
        const count = await until(
          WAIT_MS,
          () => series.count(selector),
          (found) => found > 0,
        );
        assertThat(count > 0, `"${owner}" asks for ${selector}, which has no series`);
      }
    }
    assertEqual(await series.ruleMistakes(), [], 'rules that can not be evaluated');
  });
  await report.check('the alert of losses holds when something is lost', async () => {
    await sendTraces();
    const { text } = expressionsIn(folder).find(({ owner }) => owner === 'OTelCollectorDropping')!;
    const count = await until(
      WAIT_MS,
      () => series.count(text),
      (found) => found > 0,
    );
    assertThat(count > 0, `${text.trim()} gives nothing`);
  });
}
