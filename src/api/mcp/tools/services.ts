import { listServices, readDependencies, readNeighbours, readService, readServiceEdges } from '#query';
import { msText, numberText, timeText } from '../told.ts';
import { RANGE, type Tool } from '../tool.ts';

const ENVIRONMENT = { environment: { type: 'string', description: 'deployment.environment.name' } } as const;
const percent = (ratio: number | null): string => (ratio === null ? '-' : `${numberText(ratio * 100)} %`);

export const SERVICES: Tool = {
  name: 'services',
  title: 'Services and their health',
  description:
    'Rate, errors and durations of all services, those that fail most first. A good second step after data_model.',
  arguments: { ...RANGE, ...ENVIRONMENT },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const range = asked.range();
    const { services, total } = await listServices(
      reader,
      { ...range, environment: asked.text('environment') },
      options,
    );
    told.line(`${total} services, ${timeText(range.fromMs)} to ${timeText(range.toMs)}`);
    const rows = [...services]
      .sort((a, b) => (b.errorRatio ?? -1) - (a.errorRatio ?? -1) || b.requestCount - a.requestCount)
      .map((service) => [
        service.name,
        `${numberText(service.requestRate)}/s`,
        percent(service.errorRatio),
        service.errorCount,
        msText(service.p50Ns),
        msText(service.p95Ns),
        msText(service.p99Ns),
        service.version,
        service.language,
      ]);
    const head = ['service', 'requests', 'errors', 'failed', 'p50', 'p95', 'p99', 'version', 'language'];
    told.table(head, rows, 'choose an environment, or ask sql for the services that you want', {
      isCut: total > services.length,
    });
  },
};

export const SERVICE: Tool = {
  name: 'service',
  title: 'One service',
  description:
    'Its operations with rate, errors and durations, who calls it, whom it calls, and the databases, queues and hosts that it depends on.',
  arguments: { name: { type: 'string', description: 'as the tool services names it' }, ...RANGE, ...ENVIRONMENT },
  required: ['name'],
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const filter = { ...asked.range(), service: asked.required('name'), environment: asked.text('environment') };
    const [{ summary, operations }, { callers, callees }, dependencies] = await Promise.all([
      readService(reader, filter, options),
      readNeighbours(reader, filter, options),
      readDependencies(reader, filter, options),
    ]);
    const times = `p50 ${msText(summary.p50Ns)}, p95 ${msText(summary.p95Ns)}, p99 ${msText(summary.p99Ns)}`;
    const failed = `${summary.errorCount} failed (${percent(summary.errorRatio)})`;
    told.line(
      `${summary.name} ${summary.version}: ${summary.requestCount} requests (${numberText(summary.requestRate)}/s), ${failed}, ${times}`,
    );
    told.line('operations:');
    const byTrouble = [...operations].sort((a, b) => b.errorCount - a.errorCount || b.requestCount - a.requestCount);
    told.table(
      ['name', 'kind', 'requests', 'failed', 'p50', 'p95'],
      byTrouble
        .slice(0, 60)
        .map((one) => [one.name, one.kind, one.requestCount, one.errorCount, msText(one.p50Ns), msText(one.p95Ns)]),
      'ask sql: spans of this service by name',
      { isCut: operations.length > 60 },
    );
    for (const [title, calls] of [
      ['called by:', callers],
      ['calls:', callees],
    ] as const) {
      told.line(title);
      told.table(
        ['service', 'calls', 'failed'],
        calls.map((call) => [call.service, call.count, call.errorCount]),
        'a shorter range',
      );
    }
    told.line('depends on:');
    told.table(...dependencyTable(dependencies));
  },
};

type DependencyList = Awaited<ReturnType<typeof readDependencies>>;
function dependencyTable(list: DependencyList): [readonly string[], (string | number)[][], string] {
  const rows = list.map((one) => [
    one.kind,
    [one.system, one.name, one.namespace].filter((word) => word !== '').join(' '),
    one.callCount,
    one.errorCount,
    msText(one.p50Ns),
    msText(one.p95Ns),
  ]);
  return [['kind', 'what', 'calls', 'failed', 'p50', 'p95'], rows, 'a shorter range'];
}

export const DEPENDENCIES: Tool = {
  name: 'dependencies',
  title: 'Who calls whom',
  description: 'Calls between services, and with `service` the databases, caches, queues and hosts that it calls.',
  arguments: { service: { type: 'string', description: 'only what this one calls, and who calls it' }, ...RANGE },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const range = asked.range();
    const service = asked.text('service');
    const { services } = await readServiceEdges(reader, range, options);
    const shown = services.filter(
      ({ parent, child }) => service === undefined || parent === service || child === service,
    );
    told.table(
      ['caller', 'callee', 'calls'],
      shown.map(({ parent, child, callCount }) => [parent, child, callCount]),
      'name a service',
    );
    if (service === undefined) return;
    told.line(`${service} depends on:`);
    told.table(...dependencyTable(await readDependencies(reader, { ...range, service }, options)));
  },
};
