export * from './lexer.ts';
export * from './parse.ts';
export * from './print.ts';
export * from './tree.ts';
