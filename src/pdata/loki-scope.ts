/**
 * The scope of log records that were pushed as Loki's own: the attributes of their resource are the labels of their stream, as they came. The one
 * with a dot in its name, `service.name`, is none of them.
 */
export const LOKI_SCOPE = 'signalbox/loki';
