import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { collectGarbage } from '#base/collect-garbage.ts';

/** What the limiter sees of the process; tests bring their own. */
export interface Memory {
  /**
   * Bytes that live data and garbage take now: V8's heap and what lies outside of it, which includes all ArrayBuffers and so every
   * received body. The analogue of the Go heap that otelcol looks at; like it, it leaves out code, stacks and the allocator's slack.
   */
  usedBytes(): number;
  /** What the process may use: the limit of its cgroup (v1 or v2), else the machine's memory. */
  totalBytes(): number;
  /** Frees what can be freed; takes a few milliseconds for each 100 MB of heap. */
  collectGarbage(): void;
}

export const processMemory: Memory = {
  usedBytes: () => {
    // Not process.memoryUsage(): that opens a file for the resident size, and fails where no file descriptor is free.
    const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
    return heapUsed + external;
  },
  totalBytes: () => {
    // libuv reads the process's own cgroup. 0 means that it doesn't know, and no limit is a number beyond the machine's memory.
    const limit = process.constrainedMemory();
    const total = totalmem();
    return limit > 0 && limit < total ? limit : total;
  },
  collectGarbage,
};
