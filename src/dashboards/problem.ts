/** What a member of a JSON text is reached by: names of members and places in lists. */
export type JsonPath = readonly (string | number)[];

/** Something in a dashboard's file that could not be read. The rest of the dashboard is loaded. */
export interface DashboardProblem {
  readonly file: string;
  /** From 1; undefined where the text isn't at hand. */
  readonly line: number | undefined;
  /** `panel 4 "Error rate"`; undefined for what belongs to none. */
  readonly panel: string | undefined;
  /** `targets[0].expr`, within the panel where there is one; empty for the whole. */
  readonly field: string;
  /** What was found and what became of it. */
  readonly message: string;
}

/** A file that holds no dashboard that can be drawn. */
export class DashboardError extends Error {
  override name = 'DashboardError';
  readonly code = 'dashboard';
  readonly problem: DashboardProblem;
  constructor(problem: DashboardProblem) {
    super(describeProblem(problem));
    this.problem = problem;
  }
}

/** `http.json:12: panel 4 "Error rate": targets[0].expr: must be a text, got 5`. */
export function describeProblem({ file, line, panel, field, message }: DashboardProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return [place, panel, field, message].filter((part) => part !== undefined && part !== '').join(': ');
}

/** `["panels", 0, "title"]` → `panels[0].title`. */
export function printPath(path: JsonPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
