import type { JsonPlace } from '../json-place.ts';
import type { Link } from '../model.ts';

/** A link of a dashboard, a panel or a field, with its address as it is written. */
export function readLink(place: JsonPlace): Link {
  return {
    title: place.text('title') ?? '',
    url: place.text('url') ?? '',
    opensNewTab: place.flag('targetBlank'),
    tags:
      place.text('type') === 'dashboards'
        ? place.list('tags').flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
        : [],
    keepsTime: place.flag('keepTime'),
    keepsVariables: place.flag('includeVars'),
  };
}
