export { listEnvironments, readSignals, type StoredSignals } from './status.ts';
export { emptySystem, readSystem } from './system.ts';
