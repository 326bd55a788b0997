import { attributes, type Detector, type Found } from '../detector.ts';

const LABEL = /\s*(\p{ASCII}{1,256}?)\s*=\s*(\p{ASCII}{0,256}?)\s*(?:,|$)/uy;

/** `OTEL_RESOURCE_ATTRIBUTES`: `key=value,key2=value%202`. */
export const env: Detector = {
  type: 'env',
  what: 'what `OTEL_RESOURCE_ATTRIBUTES` says, or the older `OTEL_RESOURCE`',
  attributes: {},
  detect: async (world) => {
    const text = (world.env('OTEL_RESOURCE_ATTRIBUTES') ?? '').trim() || (world.env('OTEL_RESOURCE') ?? '').trim();
    return text === '' ? {} : labelsIn(text);
  },
};

function labelsIn(text: string): Found {
  const found: Found = {};
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`invalid resource format, invalid text: "${text.slice(at)}"`);
    try {
      found[match[1]!] = decodeURIComponent(match[2]!.replaceAll('+', ' '));
    } catch {
      throw new Error(`invalid resource format in attribute: "${match[0]}"`);
    }
  }
  return found;
}

/** What Heroku says of a dyno. */
export const heroku: Detector = {
  type: 'heroku',
  what: 'what Heroku says of a dyno in its environment',
  attributes: attributes(
    'cloud.provider heroku.app.id heroku.dyno.id heroku.release.commit heroku.release.creation_timestamp service.instance.id service.name service.version',
  ),
  detect: async (world) => {
    const entries = {
      'service.instance.id': world.env('HEROKU_DYNO_ID'),
      'heroku.app.id': world.env('HEROKU_APP_ID'),
      'service.name': world.env('HEROKU_APP_NAME'),
      'heroku.release.creation_timestamp': world.env('HEROKU_RELEASE_CREATED_AT'),
      'service.version': world.env('HEROKU_RELEASE_VERSION'),
      'heroku.release.commit': world.env('HEROKU_SLUG_COMMIT'),
      ...(world.env('HEROKU_APP_ID') !== undefined && { 'cloud.provider': 'heroku' }),
    };
    return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Found;
  },
};

const DYNATRACE = '/var/lib/dynatrace/enrichment/dt_host_metadata.properties';
const DYNATRACE_KEYS = ['dt.entity.host', 'host.name', 'dt.smartscape.host'];

/** The file that OneAgent leaves. */
export const dynatrace: Detector = {
  type: 'dynatrace',
  what: `the host, of the file that Dynatrace's agent leaves in ${DYNATRACE}`,
  attributes: {},
  detect: async (world, _block, note) => {
    const found: Found = {};
    let text: string;
    try {
      text = await world.readText(DYNATRACE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return found;
      throw error;
    }
    for (const line of text.split(/\r?\n/)) {
      if (line === '') continue;
      const end = line.indexOf('=');
      const key = end < 0 ? '' : line.slice(0, end);
      if (end < 0) note(`${DYNATRACE}: not <key>=<value>: ${line}`);
      else if (DYNATRACE_KEYS.includes(key) && line.length > end + 1) found[key] = line.slice(end + 1).trim();
    }
    return found;
  },
};
