import { constantText, converterFunction, fail, type OttlFunction, optional, text, type ValueMap } from '#ottl';
import { parseCef } from './cef.ts';
import { CLF_FORMATS, parseClf } from './clf.ts';
import { parseElf } from './elf.ts';
import { parseLeef } from './leef.ts';

const LOG = { contexts: ['log'] } as const;

function formatFunction(name: string, meaning: string, parse: (message: string) => ValueMap): OttlFunction {
  return converterFunction(
    name,
    meaning,
    [text('target')],
    (target) => (at) => parse(notEmpty(target.get(at), name)),
    LOG,
  );
}

function notEmpty(message: string, name: string): string {
  return message === '' ? fail(`${name} cannot parse an empty message`) : message;
}

/** Converters for log records alone: what messages in known formats say. */
export const LOG_FORMAT_FUNCTIONS: readonly OttlFunction[] = [
  formatFunction('ParseCEF', 'The header and the extensions of a message in the Common Event Format.', parseCef),
  formatFunction(
    'ParseLEEF',
    'The header and the attributes of a message in the Log Event Extended Format.',
    parseLeef,
  ),
  formatFunction(
    'ParseELF',
    'The directives and the entries of a text in the Extended Log Format of the W3C.',
    parseElf,
  ),
  converterFunction(
    'ParseCLF',
    'The fields of a line in the Common Log Format; with the format "combined" also the referer and the user agent.',
    [text('target'), optional(constantText('format'))],
    (target, format = 'clf') => {
      if (!CLF_FORMATS.includes(format)) fail(`invalid format "${format}": it is ${CLF_FORMATS.join(' or ')}`);
      return (at) => parseClf(notEmpty(target.get(at), 'ParseCLF'), format === 'combined');
    },
    LOG,
  ),
];
