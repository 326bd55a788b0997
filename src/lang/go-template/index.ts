export { escapeHtml, escapeQuery } from './builtins.ts';
export { DEFAULT_LIMITS, type ExecuteOptions, NotYet, type TemplateLimits } from './execute.ts';
export { TemplateError } from './parse.ts';
export { sprint, sprintf } from './printf.ts';
export { TemplateSet } from './template-set.ts';
export { GoDuration, GoTime } from './time.ts';
export { parseTime } from './time-layout.ts';
export { offsetZone } from './time-zone.ts';
export * from './values.ts';
