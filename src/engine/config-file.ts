/**
 * The configuration file that chDB is opened with: caches, memory and thread pools sized for the machine. ClickHouse's
 * defaults are for a big server (5 GB of marks, 16 merge threads, 10,000 threads); here it shares the machine.
 */
import { availableParallelism } from 'node:os';

export interface EngineSizes {
  /** What all queries, merges and caches together may take. */
  readonly memoryLimitBytes: number;
  /** Processor cores to use. */
  readonly cores: number;
  /** The kernel tells how much memory the process' control group has (cgroup.ts). */
  readonly hasCgroupMemory: boolean;
  /** Tables may be given a folder of their own (SETTINGS disk = …) below this one, and nowhere else. */
  readonly disksPath: string;
}

const MEBIBYTE = 1024 * 1024;

/** The memory that the engine may take where nobody said: half of the machine, between 512 MB and 8 GB. */
export function defaultMemoryLimitBytes(machineBytes: number): number {
  return Math.round(Math.min(Math.max(machineBytes / 2, 512 * MEBIBYTE), 8192 * MEBIBYTE));
}

/** The cores that this process may use. */
export function machineCores(): number {
  return availableParallelism();
}

/** The text of the file, as ClickHouse's XML. */
export function printConfigFile(sizes: EngineSizes): string {
  const limit = sizes.memoryLimitBytes;
  const mergeThreads = Math.max(2, Math.min(8, Math.floor(sizes.cores / 2)));
  const settings: readonly (readonly [name: string, value: number | string])[] = [
    ['max_server_memory_usage', limit],
    // Leave max_server_memory_usage_to_ram_ratio alone: with 0 the memory worker finds every page too much and gives each freed one
    // back at once. A merge of 150,000 spans then took 1.1 s of system time instead of 0.15 s.
    // Marks of the parts that queries read; a mark file of 10 M rows takes some 100 kB.
    ['mark_cache_size', clamp(limit / 16, 32 * MEBIBYTE, 128 * MEBIBYTE)],
    ['index_mark_cache_size', clamp(limit / 64, 8 * MEBIBYTE, 64 * MEBIBYTE)],
    ['primary_index_cache_size', clamp(limit / 16, 32 * MEBIBYTE, 256 * MEBIBYTE)],
    ['query_condition_cache_size', clamp(limit / 64, 8 * MEBIBYTE, 64 * MEBIBYTE)],
    ['uncompressed_cache_size', 0],
    ['index_uncompressed_cache_size', 0],
    ['mmap_cache_size', 64],
    ['compiled_expression_cache_size', clamp(limit / 64, 8 * MEBIBYTE, 64 * MEBIBYTE)],
    // The operating system's page cache does this already.
    ['page_cache_max_size', 0],
    ['background_pool_size', mergeThreads],
    ['background_merges_mutations_concurrency_ratio', 2],
    ['background_move_pool_size', 1],
    ['background_fetches_pool_size', 1],
    ['background_common_pool_size', 2],
    ['background_buffer_flush_schedule_pool_size', 1],
    ['background_schedule_pool_size', 2],
    ['background_message_broker_schedule_pool_size', 1],
    ['background_distributed_schedule_pool_size', 1],
    ['max_thread_pool_size', 256 + sizes.cores * 32],
    ['max_thread_pool_free_size', 4],
    ['max_io_thread_pool_size', 8 + sizes.cores],
    ['max_io_thread_pool_free_size', 0],
    ['tables_loader_foreground_pool_size', Math.min(4, sizes.cores)],
    ['tables_loader_background_pool_size', Math.min(4, sizes.cores)],
    ['memory_worker_use_cgroup', sizes.hasCgroupMemory ? 1 : 0],
    ['max_concurrent_queries', 64],
    // A dropped table's files go after a minute, not after eight.
    ['database_atomic_delay_before_drop_table_sec', 60],
    ['custom_local_disks_base_directory', escapeXml(`${sizes.disksPath}/`)],
  ];
  const lines = settings.map(([name, value]) => `  <${name}>${value}</${name}>`);
  return [
    '<clickhouse>',
    '  <logger><level>none</level><console>0</console></logger>',
    ...lines,
    '</clickhouse>',
    '',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(Math.max(value, low), high));
}
