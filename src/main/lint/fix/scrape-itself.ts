import { isSeq } from 'yaml';
import type { LintFile } from '../lint-file.ts';
import { scrapesItself } from '../with/served.ts';
import type { Edit } from './edit.ts';
import { freeId, metricsPipeline, typeOf } from './pipelines.ts';

/** The collector's own metrics go where the others do: its receiver prometheus scrapes them. */
export function scrapeItself(file: LintFile, edit: Edit): void {
  const target = metricsPipeline(edit);
  const port = file.document.service.telemetry.metrics.prometheusReaders[0]?.port;
  if (target === undefined || port === undefined || scrapesItself(file, file.pipelines)) return;
  const job = `job_name: otel-collector\nscrape_interval: 15s\nstatic_configs:\n  - targets: ['localhost:${port}']\n`;
  const known = target.receivers.find((id) => typeOf('receivers', id) === 'prometheus');
  const jobs = ['receivers', known ?? '', 'config', 'scrape_configs'];
  const node = known === undefined ? undefined : edit.node(jobs);
  if (known !== undefined && isSeq(node)) edit.insertItem(jobs, node.items.length - 1, job);
  else {
    const id = freeId(edit, ['receivers'], 'prometheus/own');
    const indented = job.trimEnd().replaceAll('\n', '\n        ');
    edit.set(['receivers', id], `config:\n  scrape_configs:\n      - ${indented}\n`);
    edit.setList([...target.path, 'receivers'], [...target.receivers, id]);
  }
  edit.say(
    'advice',
    ['receivers', known ?? ''],
    `receivers::${known ?? 'prometheus/own'}: scrapes the collector's own metrics, too, which rules or dashboards ask for`,
  );
}
