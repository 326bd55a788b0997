/** The runtimes that services run on, by the names of OpenTelemetry's semantic conventions. */
import { type DashboardSpec, figure, lines, named, type PanelSpec, quantile, type RowSpec, stacked } from './build.ts';

const OF = 'service_name=~"$service"';
const by = (expr: string, labels = 'service_name, instance'): string => `sum by (${labels}) (${expr})`;
const rate = (metric: string, matchers = OF): string => `rate(${metric}{${matchers}}[$__rate_interval])`;
const INSTANCE = '{{service_name}} {{instance}}';
const each = (expr: string): ReturnType<typeof named> => named(INSTANCE, expr);

/** What every process has, whatever it is written in. */
const PROCESS: RowSpec = {
  title: 'Process',
  panels: [
    lines('CPU, cores', 'none', each(by(rate('process_cpu_time_seconds_total'))), {
      description: 'Cores that are busy.',
    }),
    lines('Memory', 'bytes', each(by(`process_memory_usage_bytes{${OF}}`))),
    lines('Open files and threads', 'none', [
      named('files {{instance}}', by(`process_open_file_descriptor_count{${OF}}`)),
      named('threads {{instance}}', by(`process_thread_count{${OF}}`)),
    ]),
  ],
};

function runtime(
  uid: string,
  title: string,
  metrics: string,
  description: string,
  rows: readonly RowSpec[],
): DashboardSpec {
  return {
    uid: `signalbox-${uid}`,
    title,
    description,
    tags: ['built-in', 'runtimes'],
    variables: [{ name: 'service', label: 'Service', query: `label_values({__name__=~"${metrics}"}, service_name)` }],
    rows: [...rows, PROCESS],
  };
}

const share = (title: string, used: string, of: string): PanelSpec =>
  lines(title, 'percentunit', each(`${by(used)} / ${by(of)}`), { max: 1 });

export const JVM: DashboardSpec = runtime(
  'jvm',
  'JVM',
  'jvm_memory_used_bytes|jvm_thread_count|process_cpu_time_seconds_total',
  'Memory, garbage collection, threads and CPU of the Java virtual machine, as the Java agent of OpenTelemetry sends them.',
  [
    {
      title: 'Memory',
      panels: [
        figure('Heap used', 'bytes', `sum(jvm_memory_used_bytes{${OF}, jvm_memory_type="heap"})`, { width: 6 }),
        figure(
          'Of its limit',
          'percentunit',
          `sum(jvm_memory_used_bytes{${OF}, jvm_memory_type="heap"}) / sum(jvm_memory_limit_bytes{${OF}, jvm_memory_type="heap"})`,
          { width: 6, levels: [0.8, 0.95] },
        ),
        figure('Spent on collecting', 'percentunit', `sum(${rate('jvm_gc_duration_seconds_sum')})`, {
          width: 6,
          levels: [0.05, 0.2],
        }),
        figure('Threads', 'none', `sum(jvm_thread_count{${OF}})`, { width: 6 }),
        lines('Heap', 'bytes', each(by(`jvm_memory_used_bytes{${OF}, jvm_memory_type="heap"}`))),
        share(
          'Heap of its limit',
          `jvm_memory_used_bytes{${OF}, jvm_memory_type="heap"}`,
          `jvm_memory_limit_bytes{${OF}, jvm_memory_type="heap"}`,
        ),
        lines(
          'Left after collecting',
          'bytes',
          each(by(`jvm_memory_used_after_last_gc_bytes{${OF}, jvm_memory_type="heap"}`)),
          { description: 'Grows without end where memory leaks.' },
        ),
        stacked(
          'Pools',
          'bytes',
          named('{{jvm_memory_pool_name}}', by(`jvm_memory_used_bytes{${OF}}`, 'jvm_memory_pool_name')),
        ),
        lines('Outside of the heap', 'bytes', each(by(`jvm_memory_used_bytes{${OF}, jvm_memory_type="non_heap"}`))),
        lines(
          'Buffers',
          'bytes',
          named('{{jvm_buffer_pool_name}}', by(`jvm_buffer_memory_used_bytes{${OF}}`, 'jvm_buffer_pool_name')),
        ),
      ],
    },
    {
      title: 'Garbage collection',
      panels: [
        lines(
          'Time a second',
          's',
          named(
            '{{jvm_gc_name}} {{jvm_gc_action}}',
            by(rate('jvm_gc_duration_seconds_sum'), 'jvm_gc_name, jvm_gc_action'),
          ),
        ),
        lines(
          'Collections',
          'ops',
          named(
            '{{jvm_gc_name}} {{jvm_gc_action}}',
            by(rate('jvm_gc_duration_seconds_count'), 'jvm_gc_name, jvm_gc_action'),
          ),
        ),
        lines(
          '99 % are shorter than',
          's',
          named('{{jvm_gc_name}}', quantile(0.99, 'jvm_gc_duration_seconds', OF, 'jvm_gc_name')),
        ),
      ],
    },
    {
      title: 'Threads, classes, CPU',
      panels: [
        stacked(
          'Threads by state',
          'none',
          named('{{jvm_thread_state}}', by(`jvm_thread_count{${OF}}`, 'jvm_thread_state')),
        ),
        lines('Classes', 'none', each(by(`jvm_class_count{${OF}}`))),
        lines('CPU of the machine', 'percentunit', each(by(`jvm_cpu_recent_utilization_ratio{${OF}}`)), { max: 1 }),
      ],
    },
  ],
);

export const NODE: DashboardSpec = runtime(
  'node',
  'Node.js',
  'nodejs_eventloop_utilization_ratio|v8js_memory_heap_used_bytes|process_cpu_time_seconds_total',
  'Event loop, heap and garbage collection of Node.js, as the instrumentation runtime-node of OpenTelemetry sends them.',
  [
    {
      title: 'Event loop',
      panels: [
        figure('Busy', 'percentunit', `avg(nodejs_eventloop_utilization_ratio{${OF}})`, {
          width: 8,
          levels: [0.7, 0.9],
        }),
        figure('Late by (99 %)', 's', `max(nodejs_eventloop_delay_p99_seconds{${OF}})`, {
          width: 8,
          levels: [0.05, 0.2],
        }),
        figure('Heap used', 'bytes', `sum(v8js_memory_heap_used_bytes{${OF}})`, { width: 8 }),
        lines('Busy', 'percentunit', each(by(`nodejs_eventloop_utilization_ratio{${OF}}`)), { max: 1 }),
        lines('Late by', 's', [
          named('50 % {{instance}}', by(`nodejs_eventloop_delay_p50_seconds{${OF}}`)),
          named('99 % {{instance}}', by(`nodejs_eventloop_delay_p99_seconds{${OF}}`)),
        ]),
        lines('Late by at most', 's', each(by(`nodejs_eventloop_delay_max_seconds{${OF}}`))),
      ],
    },
    {
      title: 'Heap',
      panels: [
        lines('Used', 'bytes', each(by(`v8js_memory_heap_used_bytes{${OF}}`))),
        stacked(
          'Spaces',
          'bytes',
          named('{{v8js_heap_space_name}}', by(`v8js_memory_heap_used_bytes{${OF}}`, 'v8js_heap_space_name')),
        ),
        share('Of its limit', `v8js_memory_heap_used_bytes{${OF}}`, `v8js_memory_heap_limit_bytes{${OF}}`),
        lines(
          'Garbage collection, time a second',
          's',
          named('{{v8js_gc_type}}', by(rate('v8js_gc_duration_seconds_sum'), 'v8js_gc_type')),
          { width: 12 },
        ),
        lines(
          '99 % of collections are shorter than',
          's',
          named('{{v8js_gc_type}}', quantile(0.99, 'v8js_gc_duration_seconds', OF, 'v8js_gc_type')),
          { width: 12 },
        ),
      ],
    },
  ],
);

export const PYTHON: DashboardSpec = runtime(
  'python',
  'Python',
  'cpython_gc_collections_total|process_runtime_cpython_memory_bytes|process_cpu_time_seconds_total',
  'Garbage collection, memory and threads of CPython, as the instrumentation system-metrics of OpenTelemetry sends them.',
  [
    {
      title: 'Garbage collection',
      panels: [
        lines(
          'Collections',
          'ops',
          named(
            'generation {{generation}} {{cpython_gc_generation}}',
            by(rate('cpython_gc_collections_total'), 'generation, cpython_gc_generation'),
          ),
        ),
        lines(
          'Objects collected',
          'ops',
          named(
            'generation {{generation}} {{cpython_gc_generation}}',
            by(rate('cpython_gc_collected_objects_total'), 'generation, cpython_gc_generation'),
          ),
        ),
        lines('Objects that can not be collected', 'ops', each(by(rate('cpython_gc_uncollectable_objects_total')))),
      ],
    },
    {
      title: 'Interpreter',
      panels: [
        lines(
          'Memory',
          'bytes',
          named('{{type}} {{instance}}', by(`process_runtime_cpython_memory_bytes{${OF}}`, 'type, instance')),
        ),
        lines('CPU', 'percentunit', each(by(`process_runtime_cpython_cpu_utilization_ratio{${OF}}`))),
        lines('Threads', 'none', each(by(`process_runtime_cpython_thread_count{${OF}}`))),
        lines(
          'Changes of context',
          'ops',
          named('{{type}}', by(rate('process_runtime_cpython_context_switches_total'), 'type')),
          { width: 24 },
        ),
      ],
    },
  ],
);

export const GO: DashboardSpec = runtime(
  'go',
  'Go',
  'go_goroutine_count|go_memory_used_bytes|process_cpu_time_seconds_total',
  'Goroutines, memory and scheduling of Go, as the instrumentation runtime of OpenTelemetry sends them.',
  [
    {
      title: 'Goroutines and scheduling',
      panels: [
        figure('Goroutines', 'none', `sum(go_goroutine_count{${OF}})`, { width: 8 }),
        figure('Memory', 'bytes', `sum(go_memory_used_bytes{${OF}})`, { width: 8 }),
        figure('99 % wait less than', 's', quantile(0.99, 'go_schedule_duration_seconds', OF), {
          width: 8,
          levels: [0.01, 0.1],
        }),
        lines('Goroutines', 'none', each(by(`go_goroutine_count{${OF}}`)), {
          description: 'Grows without end where some are never done.',
        }),
        lines('Wait to be run', 's', [
          named('50 %', quantile(0.5, 'go_schedule_duration_seconds', OF)),
          named('99 %', quantile(0.99, 'go_schedule_duration_seconds', OF)),
        ]),
        lines('Threads that run Go', 'none', each(by(`go_processor_limit{${OF}}`))),
      ],
    },
    {
      title: 'Memory',
      panels: [
        stacked('Used', 'bytes', named('{{go_memory_type}}', by(`go_memory_used_bytes{${OF}}`, 'go_memory_type'))),
        lines('Goal of the collector', 'bytes', each(by(`go_memory_gc_goal_bytes{${OF}}`))),
        share('Of its limit', `go_memory_used_bytes{${OF}}`, `go_memory_limit_bytes{${OF}}`),
        lines('Allocated', 'binBps', each(by(rate('go_memory_allocated_bytes_total'))), { width: 12 }),
        lines('Allocations', 'ops', each(by(rate('go_memory_allocations_total'))), { width: 12 }),
      ],
    },
  ],
);
