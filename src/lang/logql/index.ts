export { type LexerFault as LogqlLexerFault, type Token as LogqlToken, tokenizeLogql } from './lexer.ts';
export { isLikePattern, type PatternPart, readLinePattern, takeByPattern } from './line-pattern.ts';
export { parseLogql, parseStreamSelector } from './parse.ts';
export { printLogql, printSelector } from './print.ts';
export * from './tree.ts';
export { parseByteSize, parseGoDuration } from './units.ts';
