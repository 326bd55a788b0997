/** ClickHouse's formats: which may be asked for, and their content types. */
import { engineError } from './errors.ts';

const types: readonly (readonly [pattern: RegExp, type: string])[] = [
  [
    /^JSON(Compact|Strings|ObjectEachRow|ColumnsWithMetadata|Columns|CompactColumns|CompactStrings)?$/i,
    'application/json; charset=UTF-8',
  ],
  [/^(JSON.*|LineAsString|NDJSON|PrettyJSON.*|PrettyNDJSON)$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TabSeparated|TSV|Raw)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^(Pretty|Vertical|Values|Template|CustomSeparated|SQLInsert|Null|Prometheus)/i, 'text/plain; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^Markdown$/i, 'text/markdown; charset=UTF-8'],
];

/** The Content-Type of a result in `format`. */
export function contentTypeOf(format: string): string {
  if (/^CSVWithNames/i.test(format)) return 'text/csv; charset=UTF-8; header=present';
  if (/^Prometheus$/i.test(format)) return 'text/plain; version=0.0.4; charset=UTF-8';
  return types.find(([pattern]) => pattern.test(format))?.[1] ?? 'application/octet-stream';
}

/** So many of a result's last bytes hold its statistics. */
export const STATISTICS_BYTES = 512;
const statistics: readonly (readonly [format: RegExp, pattern: RegExp])[] = [
  [/^JSON\w*WithProgress$/i, /\{"progress":\{"read_rows":"(\d+)","read_bytes":"(\d+)"[^{}]*\}\}\s*$/],
  [/^JSON/i, /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/],
  [/^XML$/i, /<rows_read>(\d+)<\/rows_read>\s*<bytes_read>(\d+)<\/bytes_read>\s*<\/statistics>\s*<\/result>\s*$/],
];

/** What was read from tables, which some formats tell in their last bytes: chDB says it nowhere else once the query has ended. */
export function statisticsOf(format: string, tail: Uint8Array): { readRows?: number; readBytes?: number } {
  const pattern = statistics.find(([name]) => name.test(format))?.[1];
  const match = pattern?.exec(Buffer.from(tail.subarray(-STATISTICS_BYTES)).toString('latin1'));
  return match ? { readRows: Number(match[1]), readBytes: Number(match[2]) } : {};
}

/** Without those that read a schema or a template from a file, fetch one, or speak a protocol. */
const allowedNames: ReadonlySet<string> = new Set(
  `
  Arrow ArrowStream Avro BSONEachRow CSV CSVWithNames CSVWithNamesAndTypes CustomSeparated CustomSeparatedIgnoreSpaces
  CustomSeparatedIgnoreSpacesWithNames CustomSeparatedIgnoreSpacesWithNamesAndTypes CustomSeparatedWithNames
  CustomSeparatedWithNamesAndTypes GeoJSON Hash JSON JSONAsObject JSONAsString JSONColumns JSONColumnsWithMetadata JSONCompact
  JSONCompactColumns JSONCompactEachRow JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes JSONCompactEachRowWithProgress
  JSONCompactStrings JSONCompactStringsEachRow JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes
  JSONCompactStringsEachRowWithProgress JSONEachRow JSONEachRowWithProgress JSONL JSONLines JSONObjectEachRow JSONStrings
  JSONStringsEachRow JSONStringsEachRowWithProgress LineAsString LineAsStringWithNames LineAsStringWithNamesAndTypes Markdown MD MsgPack
  Native NDJSON Npy Null ODBCDriver2 One ORC Parquet ParquetMetadata Pretty PrettyCompact PrettyCompactMonoBlock PrettyCompactNoEscapes
  PrettyCompactNoEscapesMonoBlock PrettyJSONEachRow PrettyJSONLines PrettyMonoBlock PrettyNDJSON PrettyNoEscapes PrettyNoEscapesMonoBlock
  PrettySpace PrettySpaceMonoBlock PrettySpaceNoEscapes PrettySpaceNoEscapesMonoBlock Prometheus Raw RawBLOB RawWithNames
  RawWithNamesAndTypes RowBinary RowBinaryWithDefaults RowBinaryWithNames RowBinaryWithNamesAndTypes RowBinaryWithNamesAndTypesAndDefaults
  SQLInsert TabSeparated TabSeparatedRaw TabSeparatedRawWithNames TabSeparatedRawWithNamesAndTypes TabSeparatedWithNames
  TabSeparatedWithNamesAndTypes TSKV TSV TSVRaw TSVRawWithNames TSVRawWithNamesAndTypes TSVWithNames TSVWithNamesAndTypes Values Vertical
  XML
`
    .trim()
    .toLowerCase()
    .split(/\s+/),
);
/** Formats that this build of ClickHouse has and that are not for queries over HTTP. */
const refusedNames: ReadonlySet<string> = new Set(
  `Template TemplateIgnoreSpaces CapnProto Protobuf ProtobufList ProtobufSingle MySQLWire MySQLDump PostgreSQLWire Regexp DWARF AvroConfluent
  Buffers Form PNG`
    .toLowerCase()
    .split(/\s+/),
);

/** Throws EngineError for a format that may not be asked for. */
export function checkFormat(format: string, user: string): void {
  const name = format.replaceAll('`', '').toLowerCase();
  if (allowedNames.has(name)) return;
  const shown = format.slice(0, 80);
  if (refusedNames.has(name))
    throw engineError('ACCESS_DENIED', `${user}: Not enough privileges. The format ${shown} is not allowed here`);
  throw engineError('UNKNOWN_FORMAT', `Unknown format ${shown}`);
}
