import { goQuoted } from '#base';
import type { Token } from './lexer.ts';

/** A token as Prometheus names it in errors: `<op:+>`, `identifier "foo"`, `end of input`. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input';
    case 'identifier':
      return `identifier ${goQuoted(token.raw)}`;
    case 'metric':
      return `metric identifier ${goQuoted(token.raw)}`;
    case 'keyword':
      return `<${token.raw}>`;
    case 'operator':
      return `<op:${token.raw}>`;
    case 'aggregator':
      return `<aggr:${token.raw}>`;
    case 'string':
    case 'number':
    case 'duration':
      return `${token.kind} ${shortened(token.raw)}`;
    default:
      return shortened(token.raw);
  }
}

/** The first ten characters, quoted; Prometheus counts bytes to see whether it has to shorten. */
function shortened(text: string): string {
  if (new TextEncoder().encode(text).length <= 10) return goQuoted(text);
  return `${goQuoted(Array.from(text).slice(0, 10).join(''))}...`;
}
