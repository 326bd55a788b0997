import { isSeq } from 'yaml';
import type { LintFile } from '../lint-file.ts';
import type { Edit, EditPath } from './edit.ts';
import { type EditedPipeline, pipelinesOf, putBefore, putFirst, takesFromOutside, typeOf } from './pipelines.ts';

const SAMPLERS = ['tail_sampling', 'probabilistic_sampler'];
/** What a pipeline ends with: processors that change items stand before these. */
const LAST = [...SAMPLERS, 'batch', 'groupbytrace'];

/** What processors do, and where they stand. */
export function fixProcessing(file: LintFile, edit: Edit): void {
  placeTransforms(file, edit);
  copyUrlStatements(file, edit);
  spreadKubernetesAttributes(edit);
  explainSplitTraces(file, edit);
  addDecisionCaches(file, edit);
  raiseSoftLimits(file, edit);
}

const STATEMENTS: Readonly<Record<string, string>> = {
  trace_statements: 'traces',
  metric_statements: 'metrics',
  log_statements: 'logs',
};

/** A `transform` that stands in no pipeline goes into those whose items its statements are for. */
function placeTransforms(file: LintFile, edit: Edit): void {
  const used = new Set(file.pipelines.flatMap(({ processors }) => processors));
  for (const { id } of file.defined('processors', 'transform', 'redaction')) {
    if (used.has(id)) continue;
    const path = ['processors', id];
    const signals = id.startsWith('redaction')
      ? ['traces', 'logs', 'metrics']
      : edit.keys(path).flatMap((key) => STATEMENTS[key] ?? []);
    for (const signal of signals) {
      for (const pipeline of pipelinesOf(edit)) {
        if (pipeline.signal !== signal || !takesFromOutside(edit, pipeline)) continue;
        putBefore(edit, pipeline, id, LAST);
        edit.say(
          'advice',
          path,
          `processors::${id}: put into the pipeline ${pipeline.id}, in front of what samples; it stood in none`,
        );
      }
    }
  }
}

/** Where services of today have what was in `http.url`. */
const URLS = ['url.full', 'url.query', 'url.path', 'http.target'];

/** What is done to `http.url` alone is done to the other attributes that hold an address, too. */
function copyUrlStatements(file: LintFile, edit: Edit): void {
  for (const { id } of file.defined('processors', 'transform')) {
    const block = ['processors', id];
    for (const key of edit.keys(block)) {
      if (!Object.hasOwn(STATEMENTS, key)) continue;
      const list = [...block, key];
      copyStatements(edit, list, id);
      const groups = edit.node(list);
      if (!isSeq(groups)) continue;
      for (const index of groups.items.keys()) copyStatements(edit, [...list, index, 'statements'], id);
    }
  }
}

function copyStatements(edit: Edit, list: EditPath, id: string): void {
  const all = edit.list(list);
  const missing = URLS.filter((name) => !all.some((statement) => statement.includes(`"${name}"`)));
  const about = all.filter((statement) => statement.includes('"http.url"') && /^replace_/.test(statement));
  if (about.length === 0 || missing.length === 0) return;
  for (const statement of about) {
    const index = edit.list(list).indexOf(statement);
    const copies = missing.map((name) => statement.replaceAll('"http.url"', `"${name}"`));
    for (const copy of copies.toReversed()) edit.insertItem(list, index, yamlText(copy));
  }
  edit.say(
    'advice',
    [...list, all.indexOf(about[0]!)],
    `processors::${id}: the same is done to ${missing.join(', ')}, where services have what was in http.url`,
  );
}

/** A statement as a scalar: in single quotes where the plain form would be read as something else. */
function yamlText(text: string): string {
  return /: |\s#|^[[\]{}&*!|>'"%@`#,?-]/.test(text) ? `'${text.replaceAll("'", "''")}'` : text;
}

function spreadKubernetesAttributes(edit: Edit): void {
  const known = (pipeline: EditedPipeline): string | undefined =>
    pipeline.processors.find((id) => typeOf('processors', id) === 'k8s_attributes');
  const id = pipelinesOf(edit).flatMap((pipeline) => known(pipeline) ?? [])[0];
  if (id === undefined) return;
  for (const pipeline of pipelinesOf(edit)) {
    if (known(pipeline) !== undefined || !takesFromOutside(edit, pipeline)) continue;
    putFirst(edit, pipeline, id);
    edit.say('advice', pipeline.path, `service::pipelines::${pipeline.id}: ${id} put into it, as into the others`);
  }
}

function explainSplitTraces(file: LintFile, edit: Edit): void {
  for (const sampler of file.used('processors', 'tail_sampling')) {
    const agents = file
      .used('processors', 'k8s_attributes')
      .filter(
        (one) => one.value('filter', 'node_from_env_var') !== undefined || one.value('filter', 'node') !== undefined,
      );
    if (agents.length === 0) continue;
    edit.say(
      'left',
      sampler.entry.path,
      `processors::${sampler.id}: runs on each node and sees parts of traces; that takes a second tier of collectors, which agents reach by load_balancing`,
    );
  }
}

const NUM_TRACES = 50_000;

function addDecisionCaches(file: LintFile, edit: Edit): void {
  for (const sampler of file.used('processors', 'tail_sampling')) {
    const path = [...sampler.entry.path, 'decision_cache'];
    if (edit.node(path) !== undefined) continue;
    const size = 4 * (sampler.number('num_traces') ?? NUM_TRACES);
    edit.set(path, `sampled_cache_size: ${size}\nnon_sampled_cache_size: ${size}\n`, 'policies');
    edit.say(
      'advice',
      sampler.entry.path,
      `processors::${sampler.id}: decision_cache added, so that late spans follow the decision about their trace`,
    );
  }
}

/** The shares that upstream advises. */
function raiseSoftLimits(file: LintFile, edit: Edit): void {
  for (const limiter of file.used('processors', 'memory_limiter')) {
    const limit = limiter.number('limit_percentage');
    const spike = limiter.number('spike_limit_percentage');
    if (limiter.number('limit_mib') !== undefined || limit === undefined || spike === undefined) continue;
    if (spike <= limit * 0.34) continue;
    const path = limiter.entry.path;
    edit.setText([...path, 'limit_percentage'], '80');
    edit.setText([...path, 'spike_limit_percentage'], '20');
    edit.say(
      'advice',
      [...path, 'spike_limit_percentage'],
      `processors::${limiter.id}: limit 80 % and spike 20 %, so that data is refused from 60 % of the memory on and not from ${limit - spike} %`,
    );
  }
}
