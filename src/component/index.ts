export * from './account.ts';
export * from './capabilities.ts';
export * from './contracts.ts';
export * from './fan-out.ts';
export * from './ledger.ts';
export * from './observe.ts';
export * from './registry.ts';
export * from './scraper.ts';
