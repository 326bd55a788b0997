import { type Answer, type AskOptions, KubernetesRefusal, type World } from '../world.ts';

export interface FakeWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** By `GET url`, or by url: an object is sent as JSON, a number is a status. */
  readonly answers?: Readonly<Record<string, string | number | object>>;
  /** By path. */
  readonly kubernetes?: Readonly<Record<string, object | number>>;
}

export interface Asked extends AskOptions {
  readonly url: string;
}

/** A world of which all is known; `asked` fills with what it was asked. */
export function fakeWorld(
  { env = {}, files = {}, hostname = 'box', answers = {}, kubernetes }: FakeWorld,
  asked: Asked[] = [],
): World {
  return {
    env: (name) => env[name],
    hostname: () => hostname,
    readText: async (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return text;
    },
    ask: async (url, options = {}): Promise<Answer> => {
      asked.push({ url, ...options });
      const answer = answers[`${options.method ?? 'GET'} ${url}`] ?? answers[url];
      if (answer === undefined) throw new Error('connect EHOSTUNREACH');
      if (typeof answer === 'number') return { status: answer, text: '' };
      return { status: 200, text: typeof answer === 'string' ? answer : JSON.stringify(answer) };
    },
    kubernetes: async () => {
      if (kubernetes === undefined) throw new Error('this is no pod of a cluster');
      return async (path) => {
        const answer = kubernetes[path] ?? 404;
        if (typeof answer === 'number') throw new KubernetesRefusal(path, answer);
        return answer as { [key: string]: unknown };
      };
    },
  };
}
