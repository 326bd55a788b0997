/**
 * What a container's image is called, taken apart (github.com/distribution/reference@v0.6.0 and otelcol-contrib internal/common/docker, whose
 * answers these are).
 */
export interface ImageReference {
  readonly repository: string;
  /** `latest` where it has none. */
  readonly tag: string;
  /** What `service.version` is made of: tag and digest as far as they are there; undefined without either. */
  readonly version: string | undefined;
}

const COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${COMPONENT}(?:\\.${COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${PATH_PART}(?:/${PATH_PART})*`;
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^((?:${DOMAIN}/)?${PATH})(?::(\\w[\\w.-]{0,127}))?(?:@(${DIGEST}))?$`);
const NAME = new RegExp(`^(?:(${DOMAIN})/)?(${PATH})$`);
/** The API has none that are longer; the expressions above look at each character a few times. */
const LENGTH_LIMIT = 1024;
const PATH_LENGTH_LIMIT = 255;
/** Algorithms that go-digest knows, with the length of what they give in hex. */
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Undefined where the text is no reference of an image. */
export function parseImage(image: string): ImageReference | undefined {
  const parts = partsOf(image);
  if (parts === undefined) return undefined;
  const { name, tag, digest } = parts;
  const version = digest === undefined ? tag : tag === undefined ? digest : `${tag}@${digest}`;
  return { repository: name, tag: tag ?? 'latest', version };
}

interface Parts {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function partsOf(image: string): Parts | undefined {
  const match = image.length > LENGTH_LIMIT ? null : REFERENCE.exec(image);
  if (match === null) return undefined;
  const [, name = '', tag, digest] = match;
  const path = NAME.exec(name)?.[2] ?? name;
  if (path.length > PATH_LENGTH_LIMIT || (digest !== undefined && !isDigest(digest))) return undefined;
  return { name, tag, digest };
}

function isDigest(digest: string): boolean {
  const [algorithm = '', hex = ''] = digest.split(':');
  return hex.length === DIGEST_LENGTHS[algorithm] && /^[a-f0-9]+$/.test(hex);
}

/** The full form of what the runtime says of an image, with the digest; undefined where it says none. */
export function canonicalImage(imageId: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(imageId) || isDigest(imageId)) return undefined;
  const [first = '', ...rest] = imageId.split('/');
  const hasDomain = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const domain = !hasDomain || first === 'index.docker.io' ? 'docker.io' : first;
  const remainder = hasDomain ? rest.join('/') : imageId;
  const path = domain === 'docker.io' && !remainder.includes('/') ? `library/${remainder}` : remainder;
  const name = path.split(/[:@]/)[0]!;
  if (name.toLowerCase() !== name) return undefined;
  const full = `${domain}/${path}`;
  return partsOf(full)?.digest === undefined ? undefined : full;
}
