import type { JsonObject } from './json.ts';

/** A dashboard of Grafana, of whatever schema it came, in one form. Everything is as in the file: variables stand in texts as written. */
export interface Dashboard {
  /** Made of the title where the file has none. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** What the file said; 0 where it said nothing. */
  readonly schemaVersion: number;
  /** `now-6h` or a time, as Grafana writes them; empty where the file says nothing. */
  readonly from: string;
  readonly to: string;
  /** `30s`; undefined where it isn't refreshed by itself. */
  readonly refresh: string | undefined;
  /** `browser`, `utc` or a name of the time zone database. */
  readonly timezone: string;
  readonly cursor: 'alone' | 'shared' | 'shared-with-tip';
  readonly variables: readonly Variable[];
  /** What whoever imports an exported dashboard is asked for. */
  readonly inputs: readonly Input[];
  readonly annotations: readonly Annotation[];
  readonly links: readonly Link[];
  /** What is above the first row's title comes first, as a row without one. */
  readonly rows: readonly Row[];
  /** The file's content in the form of the newest schema, unknown members included: what is exported. */
  readonly json: JsonObject;
}

/** Texts name it as they name a variable. */
export interface Input {
  readonly name: string;
  /** The type of a data source, or undefined for a constant. */
  readonly sourceType: string | undefined;
  /** A constant's; empty for a data source. */
  readonly value: string;
}

export interface Row {
  readonly id: number;
  /** undefined for the panels above the first row. */
  readonly title: string | undefined;
  readonly isCollapsed: boolean;
  readonly repeat: Repeat | undefined;
  readonly panels: readonly Panel[];
}

/** In cells of a grid that is 24 wide; a cell is 38 px high. */
export interface GridPlace {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Once for each value of a variable. */
export interface Repeat {
  readonly variable: string;
  readonly direction: 'right' | 'down';
  readonly maxPerRow: number;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  /** `timeseries`, `stat`, …: after migration, so never `graph` or `singlestat`. */
  readonly type: string;
  /** What the file calls it. */
  readonly writtenType: string;
  readonly isTransparent: boolean;
  readonly grid: GridPlace;
  readonly source: SourceRef | undefined;
  readonly targets: readonly Target[];
  /** `Min interval` of the query options; may hold a variable. */
  readonly minInterval: string;
  readonly maxDataPoints: number | undefined;
  /** `Relative time`, `2h`, and `Time shift`, `1d`, of the query options. */
  readonly timeFrom: string;
  readonly timeShift: string;
  readonly repeat: Repeat | undefined;
  readonly links: readonly Link[];
  readonly transformations: readonly Transformation[];
  /** Those of the panel's type. */
  readonly options: JsonObject;
  readonly defaults: FieldOptions;
  readonly overrides: readonly Override[];
}

/** Which data source: by uid, by name, or by a variable in either. */
export interface SourceRef {
  /** `prometheus`, `loki`; empty where the file doesn't say. */
  readonly type: string;
  readonly uid: string;
}

export interface Target {
  readonly refId: string;
  readonly isHidden: boolean;
  readonly source: SourceRef | undefined;
  /** PromQL or LogQL; empty where the source has other fields. */
  readonly expr: string;
  /** `{{label}}` stands for the label's value; empty or `__auto` for a name made of the labels. */
  readonly legend: string;
  readonly format: 'time_series' | 'table' | 'heatmap';
  readonly isInstant: boolean;
  /** Both can be: `Both` of the query's type. */
  readonly isRange: boolean;
  readonly hasExemplars: boolean;
  /** `Min step`; may hold a variable. */
  readonly minStep: string;
  readonly intervalFactor: number;
  readonly json: JsonObject;
}

export interface Transformation {
  readonly id: string;
  readonly isDisabled: boolean;
  readonly options: JsonObject;
  /** Which frames it is for; undefined for all. */
  readonly filter: Matcher | undefined;
}

export interface Matcher {
  readonly id: string;
  readonly options: unknown;
}

export interface FieldOptions {
  readonly unit: string | undefined;
  readonly decimals: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly displayName: string | undefined;
  readonly noValue: string | undefined;
  readonly color: ColorMode | undefined;
  readonly thresholds: Thresholds | undefined;
  readonly mappings: readonly ValueMapping[];
  readonly links: readonly Link[];
  /** Those of the panel's type, such as `lineWidth`. */
  readonly custom: JsonObject;
}

export interface ColorMode {
  /** `palette-classic`, `fixed`, `thresholds`, … */
  readonly mode: string;
  readonly fixedColor: string | undefined;
  readonly seriesBy: string | undefined;
}

export interface Thresholds {
  readonly mode: 'absolute' | 'percentage';
  /** By value, the first from -Infinity. */
  readonly steps: readonly ThresholdStep[];
}

export interface ThresholdStep {
  readonly from: number;
  readonly color: string;
}

/** What is shown instead of a value. */
export interface MappedText {
  /** undefined: the value stays, only its colour is mapped. */
  readonly text: string | undefined;
  readonly color: string | undefined;
}

export type ValueMapping =
  | { readonly kind: 'value'; readonly texts: ReadonlyMap<string, MappedText> }
  /** Both ends inclusive. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly result: MappedText }
  | { readonly kind: 'regex'; readonly pattern: string; readonly result: MappedText }
  | { readonly kind: 'special'; readonly match: SpecialValue; readonly result: MappedText };

export type SpecialValue = 'true' | 'false' | 'null' | 'nan' | 'null+nan' | 'empty';

export interface Override {
  readonly matcher: Matcher;
  /** `unit`, `custom.lineWidth`, … with the value as the file has it, read as the same member of the defaults is. */
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface Link {
  readonly title: string;
  readonly url: string;
  readonly opensNewTab: boolean;
  /** A list of dashboards with these tags instead of an address. */
  readonly tags: readonly string[];
  readonly keepsTime: boolean;
  readonly keepsVariables: boolean;
}

export interface Annotation {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly isHidden: boolean;
  readonly isBuiltIn: boolean;
  readonly color: string | undefined;
  readonly source: SourceRef | undefined;
  readonly expr: string;
  readonly minStep: string;
  readonly titleFormat: string;
  readonly textFormat: string;
  readonly tagKeys: string;
}

interface VariableHead {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly shows: 'label-and-value' | 'value' | 'nothing';
  /** What the file has chosen; empty where it says nothing. */
  readonly chosen: readonly VariableOption[];
}

export interface VariableOption {
  readonly text: string;
  readonly value: string;
}

interface ListVariable extends VariableHead {
  readonly isMulti: boolean;
  readonly includesAll: boolean;
  /** What `All` stands for; undefined for all values side by side. */
  readonly allValue: string | undefined;
  readonly regex: string;
}

export interface QueryVariable extends ListVariable {
  readonly kind: 'query';
  readonly source: SourceRef | undefined;
  readonly query: string;
  readonly sort: VariableSort;
  readonly refreshes: 'never' | 'on-load' | 'on-time-change';
}

/** Grafana's numbers: 0 as it comes, 1 and 2 by text, 3 and 4 by number, 5 and 6 by text without case, 7 and 8 natural; odd is ascending. */
export type VariableSort = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface CustomVariable extends ListVariable {
  readonly kind: 'custom';
  readonly options: readonly VariableOption[];
}

export interface IntervalVariable extends VariableHead {
  readonly kind: 'interval';
  readonly options: readonly string[];
  readonly isAuto: boolean;
  readonly autoCount: number;
  readonly autoMin: string;
}

export interface DatasourceVariable extends ListVariable {
  readonly kind: 'datasource';
  /** `prometheus`. */
  readonly sourceType: string;
}

export interface TextVariable extends VariableHead {
  readonly kind: 'textbox' | 'constant';
  readonly value: string;
}

export interface AdHocVariable extends VariableHead {
  readonly kind: 'adhoc';
  readonly source: SourceRef | undefined;
  /** Those of the file, which hold until somebody chooses others. */
  readonly filters: readonly AdHocFilter[];
  /** Hold always, and are not shown. */
  readonly baseFilters: readonly AdHocFilter[];
  /** Keys to choose from; undefined: those that the store has. */
  readonly keys: readonly string[] | undefined;
}

export interface AdHocFilter {
  readonly key: string;
  /** One of `AD_HOC_OPERATORS`; a filter with any other does nothing. */
  readonly operator: string;
  /** One, or several where the operator is of several. */
  readonly values: readonly string[];
}

/** One of a kind that isn't known: its value, where the file has one, stands as it is. */
export interface OtherVariable extends VariableHead {
  readonly kind: 'other';
  readonly writtenKind: string;
}

export type Variable =
  | QueryVariable
  | CustomVariable
  | IntervalVariable
  | DatasourceVariable
  | TextVariable
  | AdHocVariable
  | OtherVariable;
