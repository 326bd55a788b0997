export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}
