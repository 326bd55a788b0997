/** The language of a query field. The parsers of TraceQL and LogQL come when one is written. */
import { useEffect, useState } from 'react';
import { completeFilter, type QueryLanguage } from '#lang/filter';
import { filterMistake, filterParts } from '../filter-text.ts';
import type { LanguageText } from './language-text.ts';

const FILTER: LanguageText = {
  language: 'filter',
  parts: filterParts,
  mistake: filterMistake,
  place: completeFilter,
};

const LOADERS = {
  traceql: async () => (await import('./traceql-text.ts')).traceqlText,
  logql: async () => (await import('./logql-text.ts')).logqlText,
};
const loaded = new Map<QueryLanguage, LanguageText>([['filter', FILTER]]);

/** Undefined until the language has come, a moment after it is first asked for. */
export function useLanguageText(language: QueryLanguage): LanguageText | undefined {
  const [, setLoadedCount] = useState(loaded.size);
  useEffect(() => {
    if (language === 'filter' || loaded.has(language)) return;
    // A file that does not come is asked for again with the next stroke; the server reads the query all the same.
    LOADERS[language]().then(
      (text) => {
        loaded.set(language, text);
        setLoadedCount(loaded.size);
      },
      () => undefined,
    );
  }, [language]);
  return loaded.get(language);
}
