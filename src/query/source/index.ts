export { OWNERS, type Owner, ownedBy } from './own-telemetry.ts';
export { ITEMS, SIGNALS, type SignalName } from './signals.ts';
