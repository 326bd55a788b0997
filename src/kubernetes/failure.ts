import { excerpt } from '#base';
import type { KubernetesResource } from './resources.ts';

/** What is asked of the API, for messages. */
export interface Asked {
  readonly verb: 'list' | 'watch';
  readonly resource: KubernetesResource;
  /** '' for all of them. */
  readonly namespace: string;
}

/** The API has answered, but not with what was asked for. `status` is that of HTTP. */
export class KubernetesFailure extends Error {
  override name = 'KubernetesFailure';
  readonly status: number;
  /** The API wants to be left alone for so long. */
  readonly retryAfterMs: number;

  constructor(message: string, status: number, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** What is known of the resource is too old to go on from: it must be listed again. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

/** The `Status` object that the API answers with where something is wrong; without a message where it is none. */
export function statusMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Something before the API has answered, a proxy for instance.
  }
  return body.trim();
}

/** What an answer that is not 200 means, in the words of who must mend it. */
export function failureOf(
  asked: Asked,
  status: number,
  body: string,
  retryAfter: string | undefined,
): KubernetesFailure {
  const seconds = Number(retryAfter ?? 0);
  const retryAfterMs = seconds > 0 ? seconds * 1000 : 0;
  return new KubernetesFailure(wordsOf(asked, status, statusMessage(body)), status, retryAfterMs);
}

function wordsOf(asked: Asked, status: number, message: string): string {
  const { verb, resource, namespace } = asked;
  const what = `${verb} ${resource.plural}`;
  if (status === 403) return `may not ${what}: ${missingRule(asked, message)}`;
  if (status === 401) return `could not ${what}: the API does not know who asks (401): the token may be wrong or over`;
  if (status === 404) {
    const api = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    return `could not ${what}: the API has no ${resource.plural} in ${api} (404)`;
  }
  const place = namespace === '' ? '' : ` of the namespace ${namespace}`;
  return `could not ${what}${place}: the API answered with ${status}${message === '' ? '' : `: ${excerpt(message, 200)}`}`;
}

/** The rule that the one who asks has not got: verbs, resource, API group, and what must give it. */
function missingRule({ resource, namespace }: Asked, message: string): string {
  const user = /User "([^"]+)"/.exec(message)?.[1];
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user ?? '');
  const who =
    account !== null
      ? `the service account ${account[2]} of the namespace ${account[1]}`
      : user === undefined
        ? 'the service account'
        : `the user ${user}`;
  const rule = `{apiGroups: ["${resource.group}"], resources: ["${resource.plural}"], verbs: ["get", "list", "watch"]}`;
  const role =
    namespace !== '' && resource.isNamespaced
      ? `a Role in the namespace ${namespace} with a RoleBinding`
      : 'a ClusterRole with a ClusterRoleBinding';
  return `${who} needs the rule ${rule} from ${role}`;
}
