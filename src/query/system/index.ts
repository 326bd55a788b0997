export { listEnvironments, readSignals, type StoredSignals } from './status.ts';
export { emptySystem, readSystem, type SystemView } from './system.ts';
