const XML = 'there is no parser of XML in this version';
const FORMATS = 'use ExtractPatterns, ExtractGrokPatterns or ParseKeyValue';

/** Functions of pkg/ottl and its processors that are not here, each with the reason or the way around. */
export const MISSING_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['ParseXML', XML],
  ['ParseSimplifiedXML', XML],
  ['GetXML', XML],
  ['InsertXML', XML],
  ['RemoveXML', XML],
  ['ConvertAttributesToElementsXML', XML],
  ['ConvertTextToElementsXML', XML],
  ['UserAgent', 'the patterns of uap-core are not part of this program; use ExtractPatterns'],
  ['ParseCEF', FORMATS],
  ['ParseCLF', FORMATS],
  ['ParseELF', FORMATS],
  ['ParseLEEF', FORMATS],
  ['set_semconv_span_name', 'write what the name is made of with set and Format'],
  ['convert_exponential_histogram_to_histogram', 'such histograms are kept as they come'],
]);
