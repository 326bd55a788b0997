/**
 * The instrumentation scope of Signalbox's own telemetry: what tells it from the user's. A configuration may change the own
 * resource, down to `service.name`, and a user's service may be called like ours; the scope is written by the collector alone.
 */
export const OWN_SCOPE = 'signalbox';
